using System.Globalization;
using Kist.Core.Mounts;

namespace Kist.Core.Tokens;

/// <summary>What bounds a token's life.</summary>
internal sealed record TtlTerms
{
    /// <summary>What the caller asks for; zero for the default.</summary>
    public TimeSpan Asked { get; init; }

    /// <summary>Set by the issuer (role, method); zero for none.</summary>
    public TimeSpan Period { get; init; }

    /// <summary>Set by the issuer; zero for the mount's.</summary>
    public TimeSpan MaxTtl { get; init; }

    /// <summary>No renewal reaches beyond this age; zero for none.</summary>
    public TimeSpan ExplicitMaxTtl { get; init; }

    /// <summary>When the token was issued: the start of its age.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>Default and maximum of the server and the mount.</summary>
    public required TokenLimits Limits { get; init; }
}

/// <summary>How long a token lives from now on.</summary>
/// <param name="Ttl">More than zero.</param>
/// <param name="Warning">Tells the caller that it is less than asked for; null otherwise.</param>
internal readonly record struct TtlDecision(TimeSpan Ttl, string? Warning);

/// <summary>Decides how long a token lives from now on. The rules and words are Vault's.</summary>
internal static class TokenTtl
{
    /// <summary>No time of a token lies further ahead, whatever is configured: dates end at the year 9999.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365 * 100);

    /// <summary>The server's limits as a mount changes them.</summary>
    public static TokenLimits Narrow(TokenLimits server, MountConfig mount) => new(
        mount.DefaultLeaseTtl > TimeSpan.Zero ? mount.DefaultLeaseTtl : server.DefaultTtl,
        mount.MaxLeaseTtl > TimeSpan.Zero ? mount.MaxLeaseTtl : server.MaxTtl);

    /// <summary>The lesser of two limits of which zero means none.</summary>
    public static TimeSpan Lesser(TimeSpan one, TimeSpan other)
    {
        if (one == TimeSpan.Zero || other == TimeSpan.Zero)
            return one + other;
        return one < other ? one : other;
    }

    /// <summary>A TTL that can be added to a time.</summary>
    public static TimeSpan AtMostLongest(TimeSpan ttl) => ttl < Longest ? ttl : Longest;

    /// <summary>
    /// The TTL from <paramref name="now"/> on. A periodic token gets its period whatever its age, within an explicit maximum; any other what was
    /// asked for or the default, within its longest age.
    /// </summary>
    public static Outcome<TtlDecision> Compute(TtlTerms terms, DateTimeOffset now)
    {
        var max = AtMostLongest(Lesser(Lesser(terms.Limits.MaxTtl, terms.MaxTtl), terms.ExplicitMaxTtl));
        if (terms.Period > TimeSpan.Zero)
            return Periodic(terms, max, now);
        var wanted = terms.Asked > TimeSpan.Zero ? terms.Asked : terms.Limits.DefaultTtl;
        return Within(new TtlDecision(wanted, null), max, terms.IssuedAt, now);
    }

    private static Outcome<TtlDecision> Periodic(TtlTerms terms, TimeSpan max, DateTimeOffset now)
    {
        var decision = terms.Period <= max
            ? new TtlDecision(terms.Period, null)
            : new(max, $"period of {Text(terms.Period)} exceeded the effective max_ttl of {Text(max)}; period value is capped accordingly");
        return terms.ExplicitMaxTtl > TimeSpan.Zero ? Within(decision, AtMostLongest(terms.ExplicitMaxTtl), terms.IssuedAt, now) : decision;
    }

    private static Outcome<TtlDecision> Within(TtlDecision decision, TimeSpan max, DateTimeOffset issuedAt, DateTimeOffset now)
    {
        var left = issuedAt + max - now;
        if (left <= TimeSpan.Zero)
            return Failure.Invalid("token.past_max_ttl", "past the max TTL, cannot renew");
        return decision.Ttl <= left
            ? decision
            : new TtlDecision(left, $"TTL of {Text(decision.Ttl)} exceeded the effective max_ttl of {Text(max)}; TTL value is capped accordingly");
    }

    private static string Text(TimeSpan ttl) => string.Create(CultureInfo.InvariantCulture, $"{(long)ttl.TotalSeconds}s");
}
