using System.Collections.Concurrent;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;

namespace Kist.Core.Policies;

/// <summary>
/// Compiled sets of policies. Whether an entry is still true is decided by its revisions, so that the cache can lose or keep anything at any time.
/// </summary>
internal sealed class AclCache
{
    private const int MostSets = 4096;

    private readonly ConcurrentDictionary<PolicySet, CompiledSet> sets = new();

    public CompiledSet? Find(PolicySet set) => sets.GetValueOrDefault(set);

    public void Clear() => sets.Clear();

    public void Add(PolicySet set, CompiledSet compiled)
    {
        // Compiling again is cheap, and so many sets are rare.
        if (sets.Count >= MostSets)
            sets.Clear();
        sets[set] = compiled;
    }
}

/// <summary>A compiled set of policies.</summary>
/// <param name="Acl">The rules without those that are templates.</param>
/// <param name="Policies">What they were compiled from.</param>
/// <param name="View">Where the policies stand.</param>
/// <param name="Revisions">The revision of each policy in the order of the names; 0 for one that does not exist, -1 for one that never can.</param>
internal sealed record CompiledSet(Acl Acl, IReadOnlyList<Policy> Policies, StorageView View, long[] Revisions)
{
    /// <summary>True when it says different things for different entities.</summary>
    public bool IsTemplated { get; } = Policies.Any(p => p.Rules.Any(r => r.IsTemplated));
}

/// <summary>The names of a token's policies in one namespace, compared one by one and in order.</summary>
internal readonly struct PolicySet : IEquatable<PolicySet>
{
    private readonly int hash;

    public PolicySet(NamespaceId ns, IReadOnlyList<string> names)
    {
        Namespace = ns;
        Names = names;
        var code = new HashCode();
        code.Add(ns);
        for (var i = 0; i < names.Count; i++)
            code.Add(names[i]);
        hash = code.ToHashCode();
    }

    public NamespaceId Namespace { get; }

    public IReadOnlyList<string> Names { get; }

    public bool Equals(PolicySet other)
    {
        if (Namespace != other.Namespace || Names.Count != other.Names.Count)
            return false;
        for (var i = 0; i < Names.Count; i++)
        {
            if (!string.Equals(Names[i], other.Names[i], StringComparison.Ordinal))
                return false;
        }
        return true;
    }

    public override bool Equals(object? obj) => obj is PolicySet other && Equals(other);

    public override int GetHashCode() => hash;
}
