using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;

namespace Kist.Core.Tokens;

/// <summary>The token roles in the store.</summary>
public sealed class TokenRoles
{
    private readonly TokenSpace space;

    internal TokenRoles(TokenSpace space) => this.space = space;

    /// <summary>Letters, digits, <c>_</c>, and between them <c>-</c> and <c>.</c>; no other name is written, read or too long for a key.</summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= 256 && IsEdge(name[0]) && IsEdge(name[^1]) && name.All(c => IsEdge(c) || c is '-' or '.');

    /// <summary>Reads a role; null when there is none.</summary>
    public ValueTask<StoredRecord<TokenRole>?> ReadAsync(NamespaceId ns, string name, CancellationToken cancellationToken) =>
        IsName(name) ? space.Of(ns).Roles.ReadRecordAsync(name, TokenJson.Default.TokenRole, cancellationToken) : default;

    /// <summary>How large a role is as stored; one beyond <see cref="TokenRole.MaxBytes"/> is not to be written.</summary>
    public static int SizeOf(TokenRole role) => JsonSerializer.SerializeToUtf8Bytes(role, TokenJson.Default.TokenRole).Length;

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

    private static bool IsEdge(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
