using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Crypto;
using Kist.Engines.Transit.Keys;

namespace Kist.Engines.Transit.Stored;

/// <summary>A version with fresh key bytes on its way into the store. Made once a request, however often its commit is tried; wiped afterwards.</summary>
internal sealed class NewVersion : IDisposable
{
    private readonly byte[] stored;

    /// <summary>Random bytes as the type wants them.</summary>
    public NewVersion(KeyType type, DateTimeOffset now)
    {
        Record = new VersionRecord { Created = now, Key = new KeyMaterial(SecretBytes.Random(type.KeyBytes)) };
        using var buffer = new SecretBuffer();
        using (var writer = new Utf8JsonWriter(buffer))
            JsonSerializer.Serialize(writer, Record, TransitStoredJson.Default.VersionRecord);
        stored = GC.AllocateArray<byte>(buffer.Written.Length, pinned: true);
        buffer.Written.CopyTo(stored);
    }

    /// <summary>The version.</summary>
    public VersionRecord Record { get; }

    /// <summary>Adds it to a transaction, which must be committed before this is disposed.</summary>
    public Transaction PutInto(Transaction change, StorageView storage, string id, int version) =>
        change.Put(storage, TransitStore.VersionPath(id, version), stored);

    /// <inheritdoc/>
    public void Dispose()
    {
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(stored);
        Record.Dispose();
    }
}
