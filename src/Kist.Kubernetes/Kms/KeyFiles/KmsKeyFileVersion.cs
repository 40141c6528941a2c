using System.Security.Cryptography;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.KeyFiles;

/// <summary>A version of a key file: 32 bytes that wrap local keys.</summary>
public sealed class KmsKeyFileVersion : IDisposable
{
    private readonly SecretBytes key;

    /// <summary>Takes over <paramref name="key"/>.</summary>
    /// <param name="number">From 1 on.</param>
    /// <param name="made">When it was made.</param>
    /// <param name="key">32 bytes.</param>
    public KmsKeyFileVersion(int number, DateTimeOffset made, SecretBytes key)
    {
        Number = number;
        Made = made;
        this.key = key;
        Cipher = new AeadKey(key.Span);
        // Names the key without telling anything of it: files on two nodes with the same number and other keys have other ids.
        Fingerprint = Convert.ToHexStringLower(HMACSHA256.HashData(key.Span, "kist kms key file fingerprint"u8).AsSpan(0, 12));
    }

    /// <summary>From 1 on.</summary>
    public int Number { get; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Made { get; }

    /// <summary>The same on every node that has the same key.</summary>
    public string Fingerprint { get; }

    /// <summary>What API servers know the version by.</summary>
    public string KeyId => $"key-file/v{Number}/{Fingerprint}";

    internal AeadKey Cipher { get; }

    internal ReadOnlySpan<byte> Key => key.Span;

    /// <inheritdoc/>
    public override string ToString() => $"{KeyId} [redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        Cipher.Dispose();
        key.Dispose();
    }
}
