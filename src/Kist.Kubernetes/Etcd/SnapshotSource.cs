using System.Runtime.CompilerServices;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Snapshot;

namespace Kist.Kubernetes.Etcd;

/// <summary>A snapshot file, or a copy of a member's database. Memory grows with the keys that are asked for, not with their values.</summary>
public sealed class SnapshotSource : IObjectSource
{
    private const int PageBytes = 2 * 1024 * 1024;
    private const int PageEntries = 500;

    private readonly string path;

    private SnapshotSource(EtcdSnapshot snapshot, string path)
    {
        Snapshot = snapshot;
        this.path = path;
    }

    /// <summary>The file, for what only a file can tell.</summary>
    public EtcdSnapshot Snapshot { get; }

    /// <inheritdoc/>
    public string Description => $"snapshot {path}";

    /// <summary>Opens a file and compares it with its digest.</summary>
    /// <exception cref="EtcdSnapshotException">It cannot be read, is no snapshot, or is damaged.</exception>
    public static SnapshotSource Open(string path, CancellationToken cancellationToken) =>
        new(EtcdSnapshot.Open(path, checkDigest: true, cancellationToken), path);

    /// <inheritdoc/>
    public async IAsyncEnumerable<SourcePage> ReadAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> prefixes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var index = Snapshot.Index(prefixes, cancellationToken);
        var remaining = (long)index.Count;
        var page = new List<EtcdKeyValue>();
        var bytes = 0L;
        foreach (var entry in index.Entries(cancellationToken))
        {
            page.Add(entry);
            bytes += entry.Key.Length + entry.Value.Length;
            if (page.Count < PageEntries && bytes < PageBytes)
                continue;
            remaining -= page.Count;
            yield return new SourcePage(index.Revision, page, remaining);
            (page, bytes) = ([], 0);
        }
        yield return new SourcePage(index.Revision, page, 0);
        // An interface of streams, which a file does without.
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<EtcdKeyValue?> FindAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken) =>
        Task.FromResult(Snapshot.Index([key], cancellationToken).Find(key));

    /// <inheritdoc/>
    public Task<bool> HasKeysAsync(ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken) =>
        Task.FromResult(Snapshot.Index([prefix], cancellationToken).Count > 0);

    /// <inheritdoc/>
    public void Dispose() => Snapshot.Dispose();
}
