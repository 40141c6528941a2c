using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>
/// Changes of several entries that happen together or not at all. The commit encrypts under the current term and also requires the store's generation and the
/// keyring it encrypted under, and that the mount whose data it touches is as it was, so of the store's 100 preconditions 97 are left. Not
/// thread-safe; used once.
/// </summary>
public sealed class Transaction
{
    private readonly BarrierStore barrier;

    internal Transaction(BarrierStore barrier) => this.barrier = barrier;

    internal List<(StorageView View, string Path, long Revision)> Required { get; } = [];

    internal List<ViewGuard> Guards { get; } = [];

    internal List<Precondition> RawRequired { get; } = [];

    internal List<(StorageView View, string Path, ReadOnlyMemory<byte>? Value)> Changes { get; } = [];

    /// <summary>Changes of bootstrap entries, which the barrier does not encrypt.</summary>
    internal List<StoreChange> RawChanges { get; } = [];

    /// <summary>Requires that the entry was last written by <paramref name="revision"/>, or is absent when that is 0.</summary>
    public Transaction Require(StorageView view, string path, long revision)
    {
        Touch(view);
        Required.Add((view, path, revision));
        return this;
    }

    /// <summary>Requires that the leader's fence still holds.</summary>
    public Transaction Require(Precondition fence)
    {
        RawRequired.Add(fence);
        return this;
    }

    /// <summary>Requires that the mount of a view is as it was, also where nothing of the mount's own is touched.</summary>
    public Transaction Within(StorageView view)
    {
        Touch(view);
        return this;
    }

    /// <summary>
    /// Writes plain bytes, at most 1 MiB and 64 that an engine may add of its own, which the commit encrypts. The caller keeps them unchanged
    /// until then.
    /// </summary>
    public Transaction Put(StorageView view, string path, ReadOnlyMemory<byte> value)
    {
        Touch(view);
        Changes.Add((view, path, value));
        return this;
    }

    /// <summary>Writes a record as JSON.</summary>
    public Transaction Put<T>(StorageView view, string path, T record, JsonTypeInfo<T> type)
        where T : class => Put(view, path, JsonSerializer.SerializeToUtf8Bytes(record, type));

    /// <summary>Deletes an entry; an absent one is no error.</summary>
    public Transaction Delete(StorageView view, string path)
    {
        Touch(view);
        Changes.Add((view, path, null));
        return this;
    }

    /// <summary>
    /// Commits. <see cref="CommitKind.Conflict"/> means that the caller reads again and decides again; a stale keyring or generation is retried here and never
    /// shown.
    /// </summary>
    /// <exception cref="MountChangedException">The mount of a view was unmounted or converted meanwhile; nothing was changed.</exception>
    public ValueTask<CommitOutcome> CommitAsync(CancellationToken cancellationToken) => barrier.CommitAsync(this, cancellationToken);

    private void Touch(StorageView view)
    {
        if (view.Guard is { } guard && !Guards.Contains(guard))
            Guards.Add(guard);
    }
}
