using System.Text.Json.Serialization.Metadata;
using Kist.Core.Namespaces;

namespace Kist.Core.Barrier;

/// <summary>
/// A part of the barrier-encrypted store: one mount of one namespace, or a folder of it. Paths are relative and valid UTF-8; all values pass the barrier.
/// Views are immutable and cheap: <see cref="Folder"/> makes narrower ones.
/// </summary>
public sealed class StorageView
{
    private readonly BarrierStore barrier;

    internal StorageView(BarrierStore barrier, NamespaceId ns, ulong mountId, string prefix, ViewGuard? guard = null)
    {
        this.barrier = barrier;
        Namespace = ns;
        MountId = mountId;
        Prefix = prefix;
        Guard = guard;
    }

    /// <summary>The namespace whose keyring encrypts the values.</summary>
    public NamespaceId Namespace { get; }

    /// <summary>The mount; 0 is the namespace's own data.</summary>
    public ulong MountId { get; }

    /// <summary>Empty, or a folder ending in <c>/</c>.</summary>
    public string Prefix { get; }

    /// <summary>The barrier that it is a part of.</summary>
    internal BarrierStore Barrier => barrier;

    /// <summary>What every commit that touches this view requires besides; null for nothing.</summary>
    internal ViewGuard? Guard { get; }

    /// <summary>The view of <paramref name="name"/> under this one; <paramref name="name"/> ends in <c>/</c>.</summary>
    public StorageView Folder(string name) => new(barrier, Namespace, MountId, Prefix + name, Guard);

    /// <summary>Reads and decrypts one value; null when absent.</summary>
    public ValueTask<StoredValue?> ReadAsync(string path, CancellationToken cancellationToken) =>
        barrier.ReadAsync(this, path, cancellationToken);

    /// <summary>Reads several values from one snapshot, in the order of <paramref name="paths"/>; null where absent.</summary>
    public ValueTask<IReadOnlyList<StoredValue?>> ReadManyAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        barrier.ReadManyAsync(this, paths, cancellationToken);

    /// <summary>
    /// Reads one JSON record. Parsed records are remembered by key and revision, within a bound and until this node deletes the entry or the barrier is sealed,
    /// so a repeated read neither decrypts nor parses; the record is shared and must be immutable.
    /// </summary>
    public ValueTask<StoredRecord<T>?> ReadRecordAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => barrier.ReadRecordAsync(this, path, type, cancellationToken);

    /// <summary>
    /// The direct children of this view in byte order: entries by name, folders once with a trailing <c>/</c>.
    /// </summary>
    /// <param name="after">Answers only names greater than this; empty for all.</param>
    /// <param name="limit">Most names; 0 or less for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<IReadOnlyList<string>> ListAsync(string after, int limit, CancellationToken cancellationToken) =>
        barrier.ListAsync(this, after, limit, cancellationToken);

    /// <summary>All entries below this view in byte order, by path relative to it, without values.</summary>
    /// <param name="after">Answers only paths greater than this; empty for all.</param>
    /// <param name="limit">Most paths; 0 or less for all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<IReadOnlyList<string>> ScanAsync(string after, int limit, CancellationToken cancellationToken) =>
        barrier.ScanAsync(this, after, limit, cancellationToken);

    /// <summary>All entries below this view whose relative path starts with <paramref name="prefix"/>, decrypted, from one snapshot, in byte order.</summary>
    /// <param name="prefix">May end in the middle of a name.</param>
    /// <param name="after">Answers only paths greater than this; empty for all.</param>
    /// <param name="limit">1 to 1,000 entries.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<IReadOnlyList<KeyValuePair<string, StoredValue>>> RangeAsync(
        string prefix, string after, int limit, CancellationToken cancellationToken) =>
        barrier.RangeAsync(this, prefix, after, limit, cancellationToken);

    /// <summary>
    /// Keyed hash of a secret, in hex: names an entry by what must not be found in a stolen store. It is bound to this view, so equal secrets have other
    /// hashes elsewhere, and no rotation changes it.
    /// </summary>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public string Hash(ReadOnlySpan<byte> secret) => barrier.HashIn(this, secret);

    /// <summary>Tells tests that a boundary between a commit and an effect outside the store is reached; nothing otherwise.</summary>
    /// <param name="boundary">Its name: <c>database.applied</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask ReachAsync(string boundary, CancellationToken cancellationToken) => barrier.ReachAsync(boundary, cancellationToken);

    /// <summary>A new empty transaction. It may touch other views of the same barrier too.</summary>
    public Transaction Begin() => new(barrier);
}

/// <summary>
/// An entry elsewhere that must still be as it was for a view to be written: by it a mount shuts out requests that began before it was unmounted or
/// converted, however late they commit.
/// </summary>
internal sealed record ViewGuard(StorageView View, string Path, long Revision);

/// <summary>A decrypted value and the revision that wrote it.</summary>
public readonly record struct StoredValue(ReadOnlyMemory<byte> Value, long Revision);

/// <summary>A parsed record and the revision that wrote it.</summary>
public readonly record struct StoredRecord<T>(T Record, long Revision)
    where T : class;
