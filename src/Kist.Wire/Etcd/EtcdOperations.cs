namespace Kist.Wire.Etcd;

/// <summary>A key as etcd keeps it.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value; empty when only keys were asked for, or the key was deleted.</param>
/// <param name="CreateRevision">The revision that made the key; 0 for a deleted one.</param>
/// <param name="ModRevision">The revision that wrote this value, or deleted the key.</param>
/// <param name="Version">How many times the key was written since it was made, from 1.</param>
/// <param name="Lease">The lease that keeps the key, or 0.</param>
public sealed record EtcdKeyValue(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModRevision, long Version, long Lease);

/// <summary>A read or a write, alone or in a transaction: <see cref="EtcdRange"/>, <see cref="EtcdPut"/> or <see cref="EtcdDelete"/>.</summary>
public abstract record EtcdOperation
{
    private protected EtcdOperation()
    {
    }
}

/// <summary>Reads keys, in byte order.</summary>
public sealed record EtcdRange(EtcdKeys Keys) : EtcdOperation
{
    /// <summary>Most entries of the answer; 0 for all.</summary>
    public long Limit { get; init; }

    /// <summary>The store's state to read; 0 for the latest.</summary>
    public long Revision { get; init; }

    /// <summary>Leaves the values empty.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>Answers the number of keys alone.</summary>
    public bool CountOnly { get; init; }

    /// <summary>Lets a member answer from what it has, which may be old. Otherwise every write that was confirmed before is seen.</summary>
    public bool Serializable { get; init; }
}

/// <summary>Writes a key.</summary>
public sealed record EtcdPut(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value) : EtcdOperation
{
    /// <summary>The lease with whose end the key is deleted; 0 for none.</summary>
    public long Lease { get; init; }

    /// <summary>Answers what the key held before.</summary>
    public bool Previous { get; init; }
}

/// <summary>Deletes keys.</summary>
public sealed record EtcdDelete(EtcdKeys Keys) : EtcdOperation
{
    /// <summary>Answers what the keys held before.</summary>
    public bool Previous { get; init; }
}

/// <summary>What an operation gave.</summary>
/// <param name="Revision">The store's revision: of the write, or as of the answer.</param>
public abstract record EtcdResult(long Revision);

/// <summary>What a read gave.</summary>
/// <param name="Revision">The store's revision when it answered, whatever revision was read.</param>
/// <param name="Entries">In byte order of the keys.</param>
/// <param name="Count">How many keys the range has, whatever the limit.</param>
/// <param name="More">True when the limit cut the range short.</param>
public sealed record EtcdRangeResult(long Revision, IReadOnlyList<EtcdKeyValue> Entries, long Count, bool More) : EtcdResult(Revision);

/// <summary>What a write gave.</summary>
/// <param name="Revision">The revision of the write.</param>
/// <param name="Previous">What the key held before, when asked for; null when it was absent.</param>
public sealed record EtcdPutResult(long Revision, EtcdKeyValue? Previous) : EtcdResult(Revision);

/// <summary>What a deletion gave.</summary>
/// <param name="Revision">The revision of the deletion.</param>
/// <param name="Deleted">How many keys there were.</param>
/// <param name="Previous">What they held, when asked for.</param>
public sealed record EtcdDeleteResult(long Revision, long Deleted, IReadOnlyList<EtcdKeyValue> Previous) : EtcdResult(Revision);

/// <summary>Operations on one state of the store: one list when all conditions hold, the other when one does not.</summary>
/// <param name="Conditions">All must hold.</param>
/// <param name="Then">Carried out when they do. etcd takes at most 128 operations and changes a key once.</param>
/// <param name="Else">Carried out when they do not.</param>
public sealed record EtcdTransaction(IReadOnlyList<EtcdCondition> Conditions, IReadOnlyList<EtcdOperation> Then, IReadOnlyList<EtcdOperation> Else)
{
    /// <summary>True when neither list writes.</summary>
    internal bool ReadsOnly => Then.Concat(Else).All(static operation => operation is EtcdRange);
}

/// <summary>What a transaction gave.</summary>
/// <param name="Succeeded">True when the conditions held.</param>
/// <param name="Revision">The revision of its writes, or the store's when it wrote nothing.</param>
/// <param name="Results">Of the operations that were carried out, in their order.</param>
public sealed record EtcdTransactionResult(bool Succeeded, long Revision, IReadOnlyList<EtcdResult> Results);

/// <summary>What is compared with what a key holds.</summary>
public enum EtcdComparison
{
    /// <summary>Equal.</summary>
    Equal,

    /// <summary>The key's is greater.</summary>
    Greater,

    /// <summary>The key's is less.</summary>
    Less,

    /// <summary>Not equal.</summary>
    NotEqual,
}

/// <summary>A condition of a transaction on one key. An absent key has version, revisions and lease 0; conditions on its value fail.</summary>
public sealed record EtcdCondition
{
    private EtcdCondition(ReadOnlyMemory<byte> key, EtcdComparison comparison, EtcdAspect aspect, long number, ReadOnlyMemory<byte> value) =>
        (Key, Comparison, Aspect, Number, Bytes) = (key, comparison, aspect, number, value);

    /// <summary>The key.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>How it is compared.</summary>
    public EtcdComparison Comparison { get; }

    internal EtcdAspect Aspect { get; }

    internal long Number { get; }

    internal ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>On the number of writes since the key was made.</summary>
    public static EtcdCondition Version(ReadOnlyMemory<byte> key, EtcdComparison comparison, long version) =>
        new(key, comparison, EtcdAspect.Version, version, default);

    /// <summary>On the revision that made the key.</summary>
    public static EtcdCondition CreateRevision(ReadOnlyMemory<byte> key, EtcdComparison comparison, long revision) =>
        new(key, comparison, EtcdAspect.CreateRevision, revision, default);

    /// <summary>On the revision that last wrote the key.</summary>
    public static EtcdCondition ModRevision(ReadOnlyMemory<byte> key, EtcdComparison comparison, long revision) =>
        new(key, comparison, EtcdAspect.ModRevision, revision, default);

    /// <summary>On the value, in byte order.</summary>
    public static EtcdCondition Value(ReadOnlyMemory<byte> key, EtcdComparison comparison, ReadOnlyMemory<byte> value) =>
        new(key, comparison, EtcdAspect.Value, 0, value);

    /// <summary>On the key's lease.</summary>
    public static EtcdCondition Lease(ReadOnlyMemory<byte> key, EtcdComparison comparison, long lease) =>
        new(key, comparison, EtcdAspect.Lease, lease, default);

    /// <summary>The key does not exist.</summary>
    public static EtcdCondition Absent(ReadOnlyMemory<byte> key) => CreateRevision(key, EtcdComparison.Equal, 0);
}

/// <summary>What of a key a condition looks at, with etcd's numbers.</summary>
internal enum EtcdAspect
{
    Version,
    CreateRevision,
    ModRevision,
    Value,
    Lease,
}
