using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>The root key of an unsealed node. It encrypts the keyring and nothing else.</summary>
internal sealed class RootKey : IDisposable
{
    private readonly SecretBytes bytes;
    private readonly AeadKey cipher;

    /// <summary>Copies <paramref name="key"/>.</summary>
    public RootKey(ReadOnlySpan<byte> key)
    {
        bytes = new SecretBytes(key);
        cipher = new AeadKey(key);
    }

    /// <summary>Compares in constant time.</summary>
    public bool Is(ReadOnlySpan<byte> key) => bytes.FixedTimeEquals(key);

    /// <summary>The keyring entry that holds <paramref name="record"/>.</summary>
    public StoreChange Encrypt(KeyringRecord record, StoreKey entry) => new(entry, KeyringCodec.Encrypt(record, cipher, entry));

    /// <summary>The keyring in <paramref name="entry"/>; null when this key does not open it.</summary>
    public KeyringRecord? TryDecrypt(StoreEntry entry) => KeyringCodec.TryDecrypt(entry, cipher);

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        cipher.Dispose();
        bytes.Dispose();
    }
}
