using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;
using Kist.Kubernetes.Kms.RemoteKeys;

namespace Kist.Kubernetes.Kms;

/// <summary>Under whom a local key is wrapped: what travels with each ciphertext, so that every node can read it.</summary>
/// <param name="KeyId">The version of the remote key that wraps now, or of the fallback key while that serves alone.</param>
/// <param name="Remote">Wrapped by the remote key; empty for a local key that was made while only the fallback key was there.</param>
/// <param name="FallbackId">The version of the fallback key; empty without one.</param>
/// <param name="Fallback">Wrapped by the fallback key; empty without one.</param>
internal sealed record LocalKeyWrapping(string KeyId, ReadOnlyMemory<byte> Remote, string FallbackId, ReadOnlyMemory<byte> Fallback)
{
    /// <summary>As the remote key knows it.</summary>
    public WrappedKey ByRemote => new(KeyId, Remote);

    /// <summary>As the fallback key knows it.</summary>
    public WrappedKey ByFallback => new(FallbackId, Fallback);

    /// <summary>Tells wrappings apart.</summary>
    public byte[] Digest() => SHA256.HashData(
        [.. Part(Encoding.UTF8.GetBytes(KeyId)), .. Part(Remote.Span), .. Part(Encoding.UTF8.GetBytes(FallbackId)), .. Part(Fallback.Span)]);

    /// <summary>The same as text.</summary>
    public string Fingerprint() => Convert.ToBase64String(Digest());

    private static byte[] Part(ReadOnlySpan<byte> part) => [.. BitConverter.GetBytes(part.Length), .. part];
}

/// <summary>
/// A key in memory that encrypts and decrypts without asking anybody. Never disposed of: calls may use it while another takes its place, and it is wiped
/// once nothing refers to it.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Calls may use it while another takes its place: the last reference wipes it.")]
internal sealed class LocalKey(LocalKeyWrapping wrapping, SecretBytes key, DateTimeOffset made)
{
    private readonly AeadKey cipher = new(key.Span);
    private readonly byte[][] purposes = [KmsPurpose.Data(KmsFormat.V1, wrapping), KmsPurpose.Data(KmsFormat.V2, wrapping)];
    private long uses;

    /// <summary>How it travels.</summary>
    public LocalKeyWrapping Wrapping { get; } = wrapping;

    /// <summary>When it was made.</summary>
    public DateTimeOffset Made { get; } = made;

    /// <summary>How often this process encrypted under it.</summary>
    public long Uses => Interlocked.Read(ref uses);

    /// <summary>True for the same key bytes.</summary>
    public bool Is(SecretBytes other) => key.FixedTimeEquals(other.Span);

    /// <summary>Writes <c>nonce, ciphertext, tag</c>; counts the use.</summary>
    public void Encrypt(ReadOnlySpan<byte> plaintext, Span<byte> output, KmsFormat format)
    {
        Interlocked.Increment(ref uses);
        var nonce = output[..AeadKey.NonceBytes];
        RandomNumberGenerator.Fill(nonce);
        cipher.Encrypt(nonce, plaintext, output.Slice(AeadKey.NonceBytes, plaintext.Length), output[^AeadKey.TagBytes..], purposes[(int)format]);
    }

    /// <summary>Reads what <see cref="Encrypt"/> wrote; null when it is nothing of this key and format.</summary>
    public byte[]? Decrypt(ReadOnlySpan<byte> sealedData, KmsFormat format)
    {
        if (sealedData.Length < LocalKeySize.Overhead)
            return null;
        var plaintext = new byte[sealedData.Length - LocalKeySize.Overhead];
        return cipher.TryDecrypt(
            sealedData[..AeadKey.NonceBytes],
            sealedData[AeadKey.NonceBytes..^AeadKey.TagBytes],
            sealedData[^AeadKey.TagBytes..],
            plaintext,
            purposes[(int)format])
            ? plaintext
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";
}

/// <summary>What a ciphertext is part of.</summary>
internal enum KmsFormat
{
    /// <summary>A ciphertext of KMS v1.</summary>
    V1,

    /// <summary>One of KMS v2.</summary>
    V2,
}

/// <summary>Lengths.</summary>
internal static class LocalKeySize
{
    /// <summary>Of a local key.</summary>
    public const int Key = AeadKey.KeyBytes;

    /// <summary>By how much a ciphertext is longer than its plaintext.</summary>
    public const int Overhead = AeadKey.NonceBytes + AeadKey.TagBytes;
}
