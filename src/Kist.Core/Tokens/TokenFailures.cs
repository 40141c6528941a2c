namespace Kist.Core.Tokens;

/// <summary>The expected failures of tokens.</summary>
internal static class TokenFailures
{
    /// <summary>Unknown, expired, revoked, used up or from a wrong network: one answer for all, so that a guesser learns nothing.</summary>
    public static Failure NotValid { get; } =
        new(FailureKind.Unauthenticated, "token.invalid", "permission denied: the token is not valid (unknown, expired, revoked or used up)");

    /// <summary>The token named in a request is none. The words are Vault's.</summary>
    public static Failure BadToken { get; } = new(FailureKind.Denied, "token.bad_token", "bad token");

    /// <summary>No token has the accessor. The words are Vault's.</summary>
    public static Failure InvalidAccessor { get; } = new(FailureKind.Denied, "token.invalid_accessor", "invalid accessor");

    /// <summary>The commit may have happened.</summary>
    public static Failure UnknownOutcome { get; } =
        Failure.Unavailable("store.unknown_outcome", "the store did not confirm the change, which may have happened; look before you try again");

    /// <summary>Other requests were faster each time.</summary>
    public static Failure Contention { get; } = Failure.Unavailable("store.contention", "the token is changing too fast; try again");
}
