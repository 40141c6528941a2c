using System.Security.Cryptography;
using System.Text;
using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Kms;

namespace Kist.Kubernetes.Tests;

/// <summary>
/// The plugin that the captured values were written with: <c>0x01, nonce(12), AES-256-GCM(KEK, plaintext, AAD = key id)</c>. It answers in the words
/// of that plugin, and checks the annotations that it gave.
/// </summary>
public sealed class StubKmsPlugin(Dictionary<string, byte[]> keks, string active) : IKmsDecrypter, IKmsEncrypter, IKmsKeyId
{
    private const int Overhead = 1 + AeadKey.NonceBytes + AeadKey.TagBytes;

    public static readonly KmsAnnotation[] Annotations =
    [
        new("kek-version.stub.example.test", "1"u8.ToArray()), new("region.stub.example.test", "eu-test-1"u8.ToArray()),
    ];

    public string? CurrentKeyId { get; set; } = active;

    public int Decrypts { get; private set; }

    public int Encrypts { get; private set; }

    /// <summary>Changes what Encrypt answers.</summary>
    public Func<KmsCiphertext, KmsCiphertext> Answer { get; set; } = static answer => answer;

    public static StubKmsPlugin WithKeys(params string[] names) =>
        new(names.ToDictionary(n => n, n => SHA256.HashData(Encoding.UTF8.GetBytes("TEST-ONLY-" + n))), names[0]);

    public ValueTask<Outcome<SecretBytes>> DecryptAsync(KmsCiphertext wrapped, CancellationToken cancellationToken)
    {
        Decrypts++;
        return ValueTask.FromResult(Decrypt(wrapped));
    }

    public ValueTask<Outcome<KmsCiphertext>> EncryptAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        Encrypts++;
        var ciphertext = new byte[key.Length + Overhead];
        ciphertext[0] = 1;
        var nonce = ciphertext.AsSpan(1, AeadKey.NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var kek = new AeadKey(keks[CurrentKeyId!]);
        kek.Encrypt(
            nonce,
            key.Span,
            ciphertext.AsSpan(1 + AeadKey.NonceBytes, key.Length),
            ciphertext.AsSpan(^AeadKey.TagBytes),
            Encoding.ASCII.GetBytes(CurrentKeyId!));
        return ValueTask.FromResult<Outcome<KmsCiphertext>>(Answer(new KmsCiphertext(ciphertext, CurrentKeyId!, Annotations)));
    }

    private Outcome<SecretBytes> Decrypt(KmsCiphertext wrapped)
    {
        // The first version has no key id on the wire.
        if (wrapped.KeyId.Length == 0)
            return keks.Keys.Select(id => Open(id, wrapped.Ciphertext.Span)).FirstOrDefault(k => k is not null) is { } found ? found : Unauthentic;
        if (!keks.ContainsKey(wrapped.KeyId))
            return Failure.Invalid("stub", $"rpc error: code = NotFound desc = no KEK \"{wrapped.KeyId}\"");
        if (!HasOurAnnotations(wrapped))
            return Failure.Invalid("stub", "rpc error: code = InvalidArgument desc = unknown annotations");
        return Open(wrapped.KeyId, wrapped.Ciphertext.Span) is { } key ? key : Unauthentic;
    }

    private static Failure Unauthentic => Failure.Invalid("stub", "rpc error: code = InvalidArgument desc = authentication failed");

    private static bool HasOurAnnotations(KmsCiphertext wrapped) =>
        wrapped.Annotations.Count == Annotations.Length
        && Annotations.All(ours => wrapped.Annotations.Any(a => a.Name == ours.Name && a.Value.Span.SequenceEqual(ours.Value.Span)));

    private SecretBytes? Open(string id, ReadOnlySpan<byte> ciphertext)
    {
        if (ciphertext.Length < Overhead || ciphertext[0] != 1)
            return null;
        using var kek = new AeadKey(keks[id]);
        var plaintext = new byte[ciphertext.Length - Overhead];
        var sealedKey = ciphertext[(1 + AeadKey.NonceBytes)..^AeadKey.TagBytes];
        return kek.TryDecrypt(
            ciphertext.Slice(1, AeadKey.NonceBytes),
            sealedKey,
            ciphertext[^AeadKey.TagBytes..],
            plaintext,
            Encoding.ASCII.GetBytes(id))
            ? new SecretBytes(plaintext)
            : null;
    }
}
