using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Etcd;

/// <summary>How many objects are in which state.</summary>
public sealed class ObjectTotals
{
    private readonly long[] counts = new long[Enum.GetValues<ObjectState>().Length];

    /// <summary>All.</summary>
    public long Objects => counts.Sum();

    /// <summary>Those in one state.</summary>
    public long this[ObjectState state] => counts[(int)state];

    /// <summary>Counts one.</summary>
    public void Add(ObjectState state) => counts[(int)state]++;
}
