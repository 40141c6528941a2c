using Kist.Core;

namespace Kist.Kubernetes.AtRest;

/// <summary>Why a value cannot be read. The messages are the API server's own, so that its logs can be searched for them.</summary>
internal static class AtRestFailures
{
    public static readonly Failure NoProvider = Bad("atrest.no_provider", "no matching prefix found");
    public static readonly Failure NoAesKey = Bad("atrest.no_key", "no matching key was found for the provided AES transformer");
    public static readonly Failure NoSecretboxKey = Bad("atrest.no_key", "no matching key was found for the provided Secretbox transformer");
    public static readonly Failure IsEncrypted = Bad("atrest.encrypted", "identity transformer tried to read encrypted data");
    public static readonly Failure TooShort = Bad("atrest.too_short", "the stored data was shorter than the required size");
    public static readonly Failure NotWholeBlocks = Bad("atrest.block_size", "the stored data is not a multiple of the block size");
    public static readonly Failure NotPadded = Bad("atrest.padding", "invalid PKCS7 data (empty or not padded)");
    public static readonly Failure WrongPadding = Bad("atrest.padding", "invalid padding on input");
    public static readonly Failure GcmUnauthentic = Bad("atrest.unauthentic", "cipher: message authentication failed");

    // The text says something else than it means; it is what users find in the API server's log.
    public static readonly Failure SecretboxUnauthentic = Bad("atrest.unauthentic", "output array was not large enough for encryption");

    public static readonly Failure NoWrappedKey =
        Bad("atrest.kms_v1", "invalid data encountered by envelope transformer: failed to read uint16 length prefixed data");

    public static readonly Failure NotProtobuf = Bad("atrest.kms_v2", "proto: cannot parse invalid wire-format data");

    public static Failure KmsV2(string message) => Bad("atrest.kms_v2", message);

    public static Failure KeySize(int length) => Bad("atrest.key_size", $"crypto/aes: invalid key size {length}");

    public static Failure SeedSize(int length) => Bad("atrest.key_size", $"invalid seed length {length} used for key generation");

    /// <summary>In plaintext where no provider reads plaintext. What the API server says of it is the end of the sentence.</summary>
    public static Failure UnreadPlaintext(Failure failure) => failure with
    {
        Message = $"the value lies there in plaintext, and without identity among the providers the API server cannot read it: {failure.Message}",
    };

    /// <summary>One failure as it is; several as the API server joins them, each text once.</summary>
    public static Failure Join(IReadOnlyList<Failure> failures)
    {
        if (failures.Count == 1)
            return failures[0];
        var texts = failures.Select(f => f.Message).Distinct(StringComparer.Ordinal).ToList();
        var kind = failures.Any(f => f.Kind == FailureKind.Unavailable) ? FailureKind.Unavailable : FailureKind.Invalid;
        return new Failure(kind, "atrest.undecryptable", texts.Count == 1 ? texts[0] : $"[{string.Join(", ", texts)}]");
    }

    private static Failure Bad(string code, string message) => Failure.Invalid(code, message);
}
