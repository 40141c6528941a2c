using Kist.Core;

namespace Kist.Engines.Transit;

/// <summary>The engine's failures that several endpoints share. Messages that clients search for are Vault's.</summary>
internal static class TransitFailures
{
    /// <summary>A request to use or change a key that does not exist. Reads answer "not found" instead.</summary>
    public static Failure KeyNotFound { get; } = Failure.Invalid("transit.key_not_found", "encryption key not found");

    /// <summary>Wrong key, context, associated data or ciphertext: which of them is not told.</summary>
    public static Failure NotAuthentic { get; } = Failure.Invalid("transit.not_authentic", "cipher: message authentication failed");

    /// <summary>A request without context under a derived key.</summary>
    public static Failure ContextRequired { get; } = Failure.Invalid(
        "transit.context_required",
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in "
        + "order to perform operations with the key");

    /// <summary>Associated data under a convergent key.</summary>
    public static Failure NoAssociatedDataWhenConvergent { get; } = Failure.Invalid(
        "transit.associated_data_not_allowed",
        "a key with convergent encryption takes no associated data: two values of it beside one plaintext would use one nonce twice and betray the key that "
        + "authenticates");

    /// <summary>A nonce of the client's choice.</summary>
    public static Failure NonceNotAllowed { get; } =
        Failure.Invalid("transit.nonce_not_allowed", "nonce provided when not allowed: the server chooses it");

    /// <summary>The store lacks a version that the key's record tells of.</summary>
    public static Failure VersionMissing { get; } =
        new(FailureKind.Internal, "transit.version_missing", "a version of the key is missing in the store");

    /// <summary>What is no base64.</summary>
    public static Failure InvalidBase64(string field) =>
        Failure.Invalid("transit.invalid_base64", $"field \"{field}\": expected standard base64 with padding");
}
