using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Tokens;

/// <summary>The token roles in the store.</summary>
public sealed class TokenRoles
{
    private readonly TokenSpace space;

    internal TokenRoles(TokenSpace space) => this.space = space;

    /// <summary>Reads a role; null when there is none.</summary>
    public ValueTask<StoredRecord<TokenRole>?> ReadAsync(NamespaceId ns, string name, CancellationToken cancellationToken) =>
        space.Of(ns).Roles.ReadRecordAsync(name, TokenJson.Default.TokenRole, cancellationToken);

    /// <summary>Writes a role that nobody else has written since <paramref name="revision"/> (0 when there was none).</summary>
    public ValueTask<CommitOutcome> WriteAsync(NamespaceId ns, TokenRole role, long revision, CancellationToken cancellationToken)
    {
        var roles = space.Of(ns).Roles;
        return roles.Begin()
            .Require(roles, role.Name, revision)
            .Put(roles, role.Name, role, TokenJson.Default.TokenRole)
            .CommitAsync(cancellationToken);
    }

    /// <summary>Deletes a role; none is no error. Its tokens stay, and can no longer be renewed.</summary>
    public ValueTask<CommitOutcome> DeleteAsync(NamespaceId ns, string name, CancellationToken cancellationToken)
    {
        var roles = space.Of(ns).Roles;
        return roles.Begin().Delete(roles, name).CommitAsync(cancellationToken);
    }

    /// <summary>All names, in order.</summary>
    public ValueTask<IReadOnlyList<string>> ListAsync(NamespaceId ns, CancellationToken cancellationToken) =>
        space.Of(ns).Roles.ListAsync("", 0, cancellationToken);
}
