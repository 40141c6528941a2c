using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>What a token may be when it is renewed.</summary>
/// <param name="Mount">The settings of the mount that issued it, as they are now.</param>
/// <param name="Login">What the auth method says now; null leaves all as it was at the login.</param>
public sealed record RenewalTerms(MountConfig Mount, LoginTerms? Login = null);

/// <summary>Asks the mount that issued a token; a failure when the token must not be renewed.</summary>
public delegate ValueTask<Outcome<RenewalTerms>> RenewalTermsLookup(TokenEntry token, Request request, CancellationToken cancellationToken);

/// <summary>Renews tokens: entry and expiry index move in one commit.</summary>
internal sealed class TokenRenewal(TokenSpace space, TokenFinder finder, TokenRoles roles, TokenLimits limits, RenewalTermsLookup renewalTerms)
{
    private const int Attempts = 16;

    /// <summary>Renews a token.</summary>
    /// <param name="token">As it was found.</param>
    /// <param name="id">For the answer; empty when only the accessor is known.</param>
    /// <param name="increment">The TTL asked for; zero for that of its creation.</param>
    /// <param name="request">The request that asks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<TokenResult>> RenewAsync(
        StoredToken token, SecretText id, TimeSpan increment, Request request, CancellationToken cancellationToken)
    {
        if (token.Entry.Type == TokenType.Batch)
            return Failure.Invalid("token.batch_renewal", "batch tokens cannot be renewed");
        var records = space.Of(token.Namespace);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await finder.FindByHashAsync(records, token.Hash, cancellationToken) is not { } current)
                return Failure.Invalid("token.not_found", "token not found");
            var now = space.Clock.GetUtcNow();
            var decided = await DecideAsync(current, increment, request, now, cancellationToken);
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
        StoredToken token, TimeSpan increment, Request request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var entry = token.Entry;
        if (!entry.Renewable || entry.ExpiresAt is null)
            return Failure.Invalid("token.not_renewable", "lease is not renewable");
        var found = await renewalTerms(entry, request, cancellationToken);
        if (!found.Succeeded)
            return found.Failure;
        var login = found.Value.Login;
        if (login is not null && !login.Token.PoliciesWith(login.Policies).SequenceEqual(entry.Policies, StringComparer.Ordinal))
            return Failure.Invalid("token.policies_changed", "policies have changed, not renewing; log in again");
        if (login?.Token.AlsoRequires is { } required && !required.IsMetBy(request, now))
            return Failure.Denied;
        // The role's period as it is now: changing the role reaches its tokens at their next renewal.
        var period = login?.Token.TokenPeriod ?? entry.Period;
        if (entry.Role.Length > 0)
        {
            if (await roles.ReadAsync(token.Namespace, entry.Role, cancellationToken) is not { Record: var role })
                return Failure.Invalid("token.role_gone", $"original token role \"{entry.Role}\" could not be found, not renewing");
            period = TokenTtl.Lesser(period, role.TokenPeriod);
        }
        var terms = new TtlTerms
        {
            Asked = increment > TimeSpan.Zero ? increment : UsualTtl(login, entry),
            Period = period,
            MaxTtl = login?.Token.TokenMaxTtl ?? entry.MaxTtl,
            ExplicitMaxTtl = entry.ExplicitMaxTtl,
            IssuedAt = entry.IssuedAt,
            Limits = TokenTtl.Narrow(limits, found.Value.Mount),
        };
        return TokenTtl.Compute(terms, now);
    }

    private static TimeSpan UsualTtl(LoginTerms? login, TokenEntry entry) =>
        login is { Token.TokenTtl: var ttl } && ttl > TimeSpan.Zero ? ttl : entry.CreationTtl;
}
