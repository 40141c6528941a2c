using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>
/// Tokens as leases, for <c>sys/leases</c>. A token's lease id is its path and the keyed hash of its id. There is no index by path: lookup, renewal
/// and revocation of one lease cost one read, listings and prefixes a pass over all tokens.
/// </summary>
public sealed class TokenLeases
{
    private const int PageSize = 200;

    private readonly TokenSpace space;
    private readonly TokenFinder finder;
    private readonly TokenRenewal renewal;
    private readonly TokenRevocation revocation;

    internal TokenLeases(TokenSpace space, TokenFinder finder, TokenRenewal renewal, TokenRevocation revocation)
    {
        this.space = space;
        this.finder = finder;
        this.renewal = renewal;
        this.revocation = revocation;
    }

    /// <summary>The lease id of a token.</summary>
    public static string IdOf(StoredToken token) => $"{token.Entry.Path}/{token.Hash}";

    /// <summary>The valid token of a lease, or null.</summary>
    public async ValueTask<StoredToken?> FindAsync(NamespaceId ns, string leaseId, CancellationToken cancellationToken)
    {
        var hash = leaseId[(leaseId.LastIndexOf('/') + 1)..];
        if (!TokenRecords.IsHash(hash))
            return null;
        var found = await finder.FindByHashAsync(space.Of(ns), hash, cancellationToken);
        return found is { } token && IsLease(token) && string.Equals(IdOf(token), leaseId, StringComparison.Ordinal) ? token : null;
    }

    /// <summary>Children of a prefix among the lease ids, in order, folders once with a trailing slash.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="prefix">Empty or ends in a slash.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<IReadOnlyList<string>> ListAsync(NamespaceId ns, string prefix, CancellationToken cancellationToken)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var token in AllAsync(ns, prefix, cancellationToken))
        {
            var rest = IdOf(token)[prefix.Length..];
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            names.Add(slash < 0 ? rest : rest[..(slash + 1)]);
        }
        return [.. names];
    }

    /// <summary>How many leases there are.</summary>
    public async ValueTask<int> CountAsync(NamespaceId ns, CancellationToken cancellationToken)
    {
        var count = 0;
        await foreach (var _ in AllAsync(ns, "", cancellationToken))
            count++;
        return count;
    }

    /// <summary>Renews a lease; <paramref name="increment"/> zero asks for the TTL of its creation.</summary>
    public async ValueTask<Outcome<TokenResult>> RenewAsync(
        NamespaceId ns, string leaseId, TimeSpan increment, Request request, CancellationToken cancellationToken) =>
        await FindAsync(ns, leaseId, cancellationToken) is { } token
            ? await renewal.RenewAsync(token, new SecretText(""), increment, request, cancellationToken)
            : Failure.Invalid("lease.not_found", "lease not found");

    /// <summary>Revokes a lease's token with its tree; one that is gone already is no error.</summary>
    public async ValueTask<Outcome<long>> RevokeAsync(NamespaceId ns, string leaseId, CancellationToken cancellationToken) =>
        await FindAsync(ns, leaseId, cancellationToken) is { } token
            ? await revocation.RevokeAsync(token, keepChildren: false, cancellationToken)
            : 0L;

    /// <summary>Revokes every token whose lease id starts with <paramref name="prefix"/>, with its tree.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="prefix">Whole segments: <c>auth/token/create</c> does not reach <c>auth/token/create-orphan</c>. A trailing slash may stand.</param>
    /// <param name="cancellationToken">Ends it between two tokens.</param>
    /// <returns>How many were revoked.</returns>
    public async ValueTask<Outcome<int>> RevokePrefixAsync(NamespaceId ns, string prefix, CancellationToken cancellationToken)
    {
        var revoked = 0;
        await foreach (var token in AllAsync(ns, prefix.TrimEnd('/') + "/", cancellationToken))
        {
            var outcome = await revocation.RevokeAsync(token, keepChildren: false, cancellationToken);
            if (!outcome.Succeeded)
                return outcome.Failure;
            revoked++;
        }
        return revoked;
    }

    // Root tokens without end and wrapping tokens are no leases.
    private static bool IsLease(StoredToken token) => token.Entry is { ExpiresAt: not null, Type: TokenType.Service, Revoked: false };

    private async IAsyncEnumerable<StoredToken> AllAsync(
        NamespaceId ns, string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var records = space.Of(ns);
        var after = "";
        while (await records.Ids.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } hashes)
        {
            foreach (var hash in hashes)
            {
                var found = await records.ReadAsync(hash, cancellationToken);
                if (found is { } token && IsLease(token) && IdOf(token).StartsWith(prefix, StringComparison.Ordinal))
                    yield return token;
            }
            after = hashes[^1];
        }
    }
}
