using System.Diagnostics.CodeAnalysis;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;

namespace Kist.Core.Tokens;

/// <summary>The token records of every namespace, and the clock by which they end. Only the root namespace exists so far.</summary>
internal sealed class TokenSpace(BarrierStore barrier, TimeProvider clock)
{
    private readonly TokenRecords root = new(barrier, NamespaceId.Root);

    public TimeProvider Clock => clock;

    /// <summary>All namespaces' records.</summary>
    public IReadOnlyList<TokenRecords> All => [root];

    /// <summary>The records of a namespace that exists.</summary>
    public TokenRecords Of(NamespaceId ns) => TryGet(ns, out var records) ? records : throw new ArgumentException($"no namespace {ns}", nameof(ns));

    /// <summary>The records of a namespace that a client named.</summary>
    public bool TryGet(NamespaceId ns, [NotNullWhen(true)] out TokenRecords? records)
    {
        records = ns == NamespaceId.Root ? root : null;
        return records is not null;
    }
}
