namespace Kist.Crypto.Jose;

/// <summary>How far clocks may differ, and how long a token is good that does not say when it begins or ends.</summary>
/// <param name="Clock">How far the issuer's clock may differ from this one.</param>
/// <param name="Expiration">A token without <c>exp</c> ends this long after it began.</param>
/// <param name="NotBefore">A token with <c>exp</c> alone begins this long before its end.</param>
public sealed record JwtLeeways(TimeSpan Clock, TimeSpan Expiration, TimeSpan NotBefore);

/// <summary>Judges whether a token is good now.</summary>
public static class JwtTimes
{
    /// <summary>What is wrong with a token's times; null when nothing is. One that says nothing of times is refused: it would be good for ever.</summary>
    public static string? Check(JwtClaims claims, JwtLeeways leeways, DateTimeOffset now)
    {
        if (claims is { ExpiresAt: null, NotBefore: null, IssuedAt: null })
            return "has none of the claims \"exp\", \"nbf\" and \"iat\"";
        var began = Later(claims.NotBefore, claims.IssuedAt);
        var end = claims.ExpiresAt ?? Add(began!.Value, leeways.Expiration);
        var start = claims.NotBefore ?? claims.IssuedAt ?? Add(end, -leeways.NotBefore);
        if (Add(end, leeways.Clock) <= now)
            return "has expired";
        if (start > Add(now, leeways.Clock))
            return "is not good yet";
        return claims.IssuedAt > Add(now, leeways.Clock) ? "was issued in the future" : null;
    }

    private static DateTimeOffset? Later(DateTimeOffset? one, DateTimeOffset? other) => one is null || other > one ? other : one;

    // Times of tokens reach to the ends of what a time can be.
    private static DateTimeOffset Add(DateTimeOffset time, TimeSpan by)
    {
        if (by > TimeSpan.Zero)
            return DateTimeOffset.MaxValue - time < by ? DateTimeOffset.MaxValue : time + by;
        return time - DateTimeOffset.MinValue < -by ? DateTimeOffset.MinValue : time + by;
    }
}
