using Kist.Core;

namespace Kist.Api.Vault;

/// <summary>The dialect's one error table: kind → status and message.</summary>
internal static class VaultErrors
{
    /// <summary>The HTTP status of a failure, as Vault's API documents them.</summary>
    public static int Status(FailureKind kind) => kind switch
    {
        // A failed check-and-set is a 400 in Vault's API.
        FailureKind.Invalid or FailureKind.Conflict => 400,
        FailureKind.Unauthenticated or FailureKind.Denied => 403,
        FailureKind.NotFound => 404,
        FailureKind.Unsupported => 405,
        FailureKind.NotYetConsistent => 412,
        FailureKind.TooLarge => 413,
        FailureKind.Throttled => 429,
        FailureKind.Internal => 500,
        FailureKind.Sealed or FailureKind.NotInitialized or FailureKind.Unavailable => 503,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
