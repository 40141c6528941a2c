using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Etcd;

/// <summary>
/// What an API server stored, as it lies in a live etcd or in a snapshot file. Only read, never written. Failures are <see cref="EtcdException"/> and
/// <see cref="Wire.Etcd.Snapshot.EtcdSnapshotException"/>.
/// </summary>
public interface IObjectSource : IDisposable
{
    /// <summary>For people: <c>etcd at https://127.0.0.1:2379</c>.</summary>
    string Description { get; }

    /// <summary>Reads all keys that begin with any of the prefixes, of which none begins with another, with bounded memory. At least one page comes.</summary>
    IAsyncEnumerable<SourcePage> ReadAsync(IReadOnlyList<ReadOnlyMemory<byte>> prefixes, CancellationToken cancellationToken);

    /// <summary>One key, or null.</summary>
    Task<EtcdKeyValue?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>Whether any key begins with the prefix.</summary>
    Task<bool> HasKeysAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken);
}

/// <summary>Some of the keys.</summary>
/// <param name="Revision">
/// The state that they show. All pages show one, unless etcd forgot it meanwhile: then those that follow show a later one, and each key still comes
/// once.
/// </param>
/// <param name="Entries">In byte order of the keys within each prefix.</param>
/// <param name="Remaining">How many follow this page.</param>
public sealed record SourcePage(long Revision, IReadOnlyList<EtcdKeyValue> Entries, long Remaining);
