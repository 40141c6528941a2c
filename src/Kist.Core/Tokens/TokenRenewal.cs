using Kist.Core.Mounts;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>Answers the settings of the mount that a path lies in, as they are now.</summary>
public delegate ValueTask<MountConfig> MountConfigLookup(string path, CancellationToken cancellationToken);

/// <summary>Renews tokens: entry and expiry index move in one commit.</summary>
internal sealed class TokenRenewal(TokenSpace space, TokenFinder finder, TokenRoles roles, TokenLimits limits, MountConfigLookup mountConfig)
{
    private const int Attempts = 16;

    /// <summary>Renews a token.</summary>
    /// <param name="token">As it was found.</param>
    /// <param name="id">For the answer; empty when only the accessor is known.</param>
    /// <param name="increment">The TTL asked for; zero for that of its creation.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<TokenResult>> RenewAsync(
        StoredToken token, SecretText id, TimeSpan increment, CancellationToken cancellationToken)
    {
        if (token.Entry.Type == TokenType.Batch)
            return Failure.Invalid("token.batch_renewal", "batch tokens cannot be renewed");
        var records = space.Of(token.Namespace);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await finder.FindByHashAsync(records, token.Hash, cancellationToken) is not { } current)
                return Failure.Invalid("token.not_found", "token not found");
            var now = space.Clock.GetUtcNow();
            var decided = await DecideAsync(current, increment, now, cancellationToken);
            if (!decided.Succeeded)
                return decided.Failure;
            var renewed = current.Entry with { ExpiresAt = now + decided.Value.Ttl, LastRenewal = now };
            var transaction = records.Begin();
            records.Replace(transaction, current, renewed);
            var outcome = await transaction.CommitAsync(cancellationToken);
            if (outcome.Succeeded)
                return new TokenResult(TokenIssuer.Issued(id, renewed, now), outcome.Revision, decided.Value.Warning is { } warning ? [warning] : []);
            if (outcome.Kind == CommitKind.Unknown)
                return TokenFailures.UnknownOutcome;
        }
        return TokenFailures.Contention;
    }

    private async ValueTask<Outcome<TtlDecision>> DecideAsync(
        StoredToken token, TimeSpan increment, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var entry = token.Entry;
        if (!entry.Renewable || entry.ExpiresAt is null)
            return Failure.Invalid("token.not_renewable", "lease is not renewable");
        // The role's period as it is now: changing the role reaches its tokens at their next renewal.
        var period = entry.Period;
        if (entry.Role.Length > 0)
        {
            if (await roles.ReadAsync(token.Namespace, entry.Role, cancellationToken) is not { Record: var role })
                return Failure.Invalid("token.role_gone", $"original token role \"{entry.Role}\" could not be found, not renewing");
            period = TokenTtl.Lesser(period, role.TokenPeriod);
        }
        var terms = new TtlTerms
        {
            Asked = increment > TimeSpan.Zero ? increment : entry.CreationTtl,
            Period = period,
            MaxTtl = entry.MaxTtl,
            ExplicitMaxTtl = entry.ExplicitMaxTtl,
            IssuedAt = entry.IssuedAt,
            Limits = TokenTtl.Narrow(limits, await mountConfig(entry.Path, cancellationToken)),
        };
        return TokenTtl.Compute(terms, now);
    }
}
