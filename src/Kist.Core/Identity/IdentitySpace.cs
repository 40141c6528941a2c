using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Namespaces;

namespace Kist.Core.Identity;

/// <summary>The identities of every namespace. Only the root namespace exists so far.</summary>
internal sealed class IdentitySpace(BarrierStore barrier)
{
    private readonly IdentityRecords root = new(barrier, NamespaceId.Root);

    /// <summary>All namespaces' records.</summary>
    public IReadOnlyList<IdentityRecords> All => [root];

    /// <summary>The records of a namespace that exists.</summary>
    public IdentityRecords Of(NamespaceId ns) => ns == NamespaceId.Root ? root : throw new ArgumentException($"no namespace {ns}", nameof(ns));
}
