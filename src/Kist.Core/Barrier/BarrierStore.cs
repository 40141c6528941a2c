using System.Text.Json.Serialization.Metadata;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>The barrier over a store. (Contract; the body follows.)</summary>
public sealed class BarrierStore
{
    /// <summary>True until unsealed.</summary>
    public bool IsSealed => throw new NotImplementedException();

    /// <summary>The namespace's own data (mount 0).</summary>
    public StorageView System(NamespaceId ns) => new(this, ns, 0, "");

    /// <summary>The data of a mount.</summary>
    public StorageView ForMount(Mount mount) => new(this, mount.Namespace, mount.Id, "");

    /// <summary>HMAC-SHA256 under the token-hash key, which rotation keeps.</summary>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public void HashToken(ReadOnlySpan<byte> id, Span<byte> hash) => throw new NotImplementedException();

    /// <summary>Encrypts a self-contained token: <c>version | term | nonce | ciphertext | tag</c>, bound to <paramref name="purpose"/>.</summary>
    public ValueTask<byte[]> EncryptTokenAsync(ReadOnlyMemory<byte> plaintext, string purpose, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Opens what <see cref="EncryptTokenAsync"/> made; null when it was not made here or was changed.</summary>
    public byte[]? TryDecryptToken(ReadOnlySpan<byte> sealedToken, string purpose) => throw new NotImplementedException();

    internal ValueTask<StoredValue?> ReadAsync(StorageView view, string path, CancellationToken ct) => throw new NotImplementedException();

    internal ValueTask<IReadOnlyList<StoredValue?>> ReadManyAsync(StorageView view, IReadOnlyList<string> paths, CancellationToken ct) => throw new NotImplementedException();

    internal ValueTask<StoredRecord<T>?> ReadRecordAsync<T>(StorageView view, string path, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class => throw new NotImplementedException();

    internal ValueTask<IReadOnlyList<string>> ListAsync(StorageView view, string after, int limit, CancellationToken ct) => throw new NotImplementedException();

    internal ValueTask<IReadOnlyList<string>> ScanAsync(StorageView view, string after, int limit, CancellationToken ct) => throw new NotImplementedException();

    internal ValueTask<IReadOnlyList<KeyValuePair<string, StoredValue>>> RangeAsync(StorageView view, string prefix, string after, int limit, CancellationToken ct) =>
        throw new NotImplementedException();

    internal ValueTask<CommitOutcome> CommitAsync(Transaction transaction, CancellationToken ct) => throw new NotImplementedException();
}

/// <summary>The barrier is sealed: nothing can be read or written.</summary>
public sealed class BarrierSealedException : Exception
{
    /// <summary>With the standard message.</summary>
    public BarrierSealedException()
        : base("the barrier is sealed")
    {
    }
}
