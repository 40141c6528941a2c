using System.Net;
using Kist.Core.Audit;
using Kist.Core.Identity;
using Kist.Core.Namespaces;
using Kist.Core.Policies;

namespace Kist.Core.Tokens;

/// <summary>
/// A token that was found valid for this request, with what is computed once a token: its compiled policies and networks. One object serves all
/// requests as long as the token's entry and policies stay the same.
/// </summary>
public sealed class Authenticated
{
    private readonly BoundNetworks networks = BoundNetworks.All;
    private readonly TokenEntry entry = new();
    private readonly IReadOnlyList<string>? policies;

    /// <summary>The token's entry.</summary>
    public required TokenEntry Entry
    {
        get => entry;
        init
        {
            entry = value;
            networks = BoundNetworks.Of(value.BoundCidrs);
        }
    }

    /// <summary>The compiled policies.</summary>
    public required Acl Acl { get; init; }

    /// <summary>Its identity entity, or null.</summary>
    public ResolvedEntity? Entity { get; init; }

    /// <summary>The names of all its policies, those of its identity among them.</summary>
    public IReadOnlyList<string> Policies
    {
        get => policies ?? entry.Policies;
        init => policies = value;
    }

    /// <summary>The policies that it has by its identity.</summary>
    public IReadOnlyList<string> IdentityPolicies => Entity?.Policies ?? [];

    /// <summary>What the audit says of it, made once for each device.</summary>
    public AuditHashes Audit { get; } = new();

    /// <summary>The namespace it lives in.</summary>
    public NamespaceId Namespace { get; init; } = NamespaceId.Root;

    /// <summary>Keyed hash of the id in hex: names the token in the store.</summary>
    public string Hash { get; init; } = "";

    /// <summary>True when this request is the last that the token is good for.</summary>
    public bool IsLastUse { get; init; }

    /// <summary>The same token after a use.</summary>
    internal Authenticated After(TokenEntry used, bool isLast) =>
        new() { Entry = used, Acl = Acl, Entity = Entity, Policies = Policies, Namespace = Namespace, Hash = Hash, IsLastUse = isLast };

    /// <summary>True when its networks include <paramref name="client"/>; an unknown address is in none.</summary>
    internal bool MayComeFrom(IPAddress? client) => networks.Contain(client);
}
