using System.Text.Json;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>The keyring entry: JSON, encrypted under the root key and bound to its key in the store.</summary>
internal static class KeyringCodec
{
    public static byte[] Encrypt(KeyringRecord record, AeadKey rootKey, StoreKey key)
    {
        using var json = new SecretBuffer();
        using (var writer = new Utf8JsonWriter(json))
            JsonSerializer.Serialize(writer, record, BootstrapJson.Default.KeyringRecord);
        return SealedValue.Encrypt(rootKey, SealedValue.RootTerm, json.Written, KeyLayout.AssociatedData(key));
    }

    /// <summary>Null when the root key does not fit or the entry was changed, which cannot be told apart.</summary>
    /// <exception cref="BarrierIntegrityException">It decrypts but is no keyring that this version reads.</exception>
    public static KeyringRecord? TryDecrypt(StoreEntry entry, AeadKey rootKey)
    {
        var value = entry.Value.Span;
        if (!SealedValue.TryReadTerm(value, out var term) || term != SealedValue.RootTerm)
            return null;
        using var json = new SecretBuffer();
        var length = value.Length - SealedValue.Overhead;
        if (!SealedValue.TryDecrypt(rootKey, value, json.GetSpan(length)[..length], KeyLayout.AssociatedData(entry.Key)))
            return null;
        json.Advance(length);
        return Parse(entry.Key, json.Written);
    }

    private static KeyringRecord Parse(StoreKey key, ReadOnlySpan<byte> json)
    {
        try
        {
            var record = JsonSerializer.Deserialize(json, BootstrapJson.Default.KeyringRecord);
            if (record is { Schema: 1, Terms.Count: > 0 })
                return record;
        }
        catch (JsonException)
        {
            // Its message may quote the text, which holds keys.
        }
        throw new BarrierIntegrityException(key, "is not a keyring that this version can read");
    }
}
