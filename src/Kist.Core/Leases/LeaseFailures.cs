namespace Kist.Core.Leases;

/// <summary>What can be wrong with a lease.</summary>
internal static class LeaseFailures
{
    public static Failure NotFound { get; } = Failure.Invalid("lease.not_found", "invalid lease");

    public static Failure NotRenewable { get; } = Failure.Invalid("lease.not_renewable", "lease is not renewable");

    public static Failure Expired { get; } = Failure.Invalid("lease.expired", "lease expired");

    /// <summary>Somebody revoked the lease, its token or its mount before the secret was ready.</summary>
    public static Failure Revoked { get; } =
        Failure.Unavailable("lease.revoked", "the lease was revoked while its secret was being made, and the secret with it");

    public static Failure TooSlow { get; } = Failure.Unavailable(
        "lease.too_slow", "making the secret took longer than a request may, and what was made of it is revoked; try again");

    public static Failure LastUse { get; } = Failure.Invalid(
        "lease.last_use", "this is the last use of the token, with which the secret would be revoked at once; use a token with more uses");

    public static Failure UnknownOutcome { get; } = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: look the lease up before you try again");

    public static Failure Contention { get; } = Failure.Unavailable("store.contention", "the lease is changing too fast; try again");

    public static Failure MountGone { get; } = new(
        FailureKind.Internal, "lease.mount_gone", "the mount that issued it is gone; remove the lease with revoke-force once its secret is gone too");

    public static Failure NotAsked { get; } =
        Failure.Unavailable("lease.target_away", "what its secret lives in has not answered for other leases, and was not asked for this one");

    /// <summary>True for a failure that says nothing of what the secret lives in.</summary>
    public static bool IsOfStore(Failure failure) => failure == UnknownOutcome || failure == Contention;

    public static Failure TimedOut(TimeSpan limit) => Failure.Unavailable("lease.revocation_timeout", $"revoking it took longer than {limit.TotalSeconds:0} s");

    public static Failure Bug { get; } = new(FailureKind.Internal, "lease.revocation_failed", "its engine failed; the cause is in the server's log");
}
