using Kist.Core.Barrier;

namespace Kist.Core.Identity.Mfa;

/// <summary>Second proofs of logins: who must bring them, and whether they are good.</summary>
internal sealed class MfaService
{
    public MfaService(IdentitySpace space, IdentityResolver resolver, BarrierStore barrier, TimeProvider clock)
    {
        var records = space.All[0];
        Records = new MfaRecords(records.Mfa);
        Enforcements = new MfaEnforcements(Records, resolver);
        Pending = new PendingLogins(barrier, clock);
        Secrets = new TotpSecrets(records, Records, clock);
    }

    /// <summary>One answer for a wrong code, a used one, none, too many of them, and somebody without an app.</summary>
    public static Failure Refused { get; } = new(FailureKind.Denied, "mfa.failed", "failed to satisfy MFA requirements: permission denied");

    public MfaRecords Records { get; }

    public MfaEnforcements Enforcements { get; }

    public PendingLogins Pending { get; }

    public TotpSecrets Secrets { get; }

    /// <summary>Whether the codes satisfy all demands. Each code that is looked at is used up, or counted as wrong.</summary>
    /// <param name="demands">What to satisfy, each by one of its methods.</param>
    /// <param name="codes">What the caller offers. Of a demand for which there are several, one good one is enough.</param>
    /// <param name="completes">The login that has waited for them; null for one that came with them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Failure?> CheckAsync(
        MfaDemands demands, OfferedCodes codes, PendingLogin? completes, CancellationToken cancellationToken)
    {
        var offered = new List<IReadOnlyList<OfferedCode>>();
        foreach (var demand in demands.All)
        {
            var any = new List<OfferedCode>();
            foreach (var id in demand.MethodIds)
            {
                if (await Records.ReadMethodAsync(id, cancellationToken) is { Record: var method } && codes.For(method) is { } code)
                    any.Add(new OfferedCode(method, code));
            }
            if (any.Count == 0)
                return Refused;
            offered.Add(any);
        }
        return await Secrets.VerifyAsync(demands.EntityId, offered, completes, cancellationToken);
    }
}
