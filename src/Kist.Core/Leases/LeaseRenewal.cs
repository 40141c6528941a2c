using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Leases;

/// <summary>Renews leases: first the secret, where it knows its end, then lease and index in one commit.</summary>
internal sealed class LeaseRenewal(
    LeaseRecords records, BarrierStore barrier, TokenStore tokens, Func<CancellationToken, ValueTask<MountTable>> mounts, TimeProvider time)
{
    private const int Attempts = 16;

    /// <summary>Renews a lease.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="increment">The TTL asked for; zero for that of its creation.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<Outcome<LeaseRenewed>> RenewAsync(string id, TimeSpan increment, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var now = time.GetUtcNow();
            if (await records.ReadAsync(id, cancellationToken) is not { } lease)
                return LeaseFailures.NotFound;
            if (await RefusalAsync(lease, now, cancellationToken) is { } refused)
                return refused;
            if ((await mounts(cancellationToken)).ById(lease.Entry.Mount) is not { State: MountState.Ready } mount)
                return LeaseFailures.NotFound;
            var storage = barrier.ForMount(mount);
            var terms = await mount.Type.LeaseTermsAsync(storage, lease.Issued, cancellationToken);
            if (!terms.Succeeded)
                return terms.Failure;
            var life = LifeOf(lease.Entry, terms.Value, mount.Config, increment, now);
            if (!life.Succeeded)
                return life.Failure;
            var end = now + life.Value.Ttl;
            // Never shorter outside than here: when this is not committed, the secret still ends with the lease as it was.
            if (end >= lease.Entry.ExpiresAt && await mount.Type.ExtendLeaseAsync(storage, lease.Issued, end, cancellationToken) is { Failure: { } failure })
                return failure;
            var change = records.Begin().Within(storage);
            records.Replace(change, lease, lease.Entry with { ExpiresAt = end, DueAt = end, LastRenewal = now });
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return LeaseFailures.UnknownOutcome;
            if (outcome.Succeeded)
                return new LeaseRenewed(new LeaseInfo(id, life.Value.Ttl, lease.Entry.Renewable), outcome.Revision, life.Value.Warning);
        }
        return LeaseFailures.Contention;
    }

    private async ValueTask<Failure?> RefusalAsync(StoredLease lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!lease.Entry.Confirmed || lease.Entry.Ending)
            return LeaseFailures.NotFound;
        if (now >= lease.Entry.ExpiresAt)
            return LeaseFailures.Expired;
        if (!lease.Entry.Renewable)
            return LeaseFailures.NotRenewable;
        // One whose token has just ended ends too.
        return lease.Entry.TokenHash.Length > 0 && !await tokens.IsValidAsync(records.Namespace, lease.Entry.TokenHash, cancellationToken)
            ? LeaseFailures.NotFound
            : null;
    }

    private static TimeSpan UsualTtl(LeaseEntry lease, LeaseTerms terms) => terms.Ttl > TimeSpan.Zero ? terms.Ttl : lease.CreationTtl;

    private Outcome<TtlDecision> LifeOf(LeaseEntry lease, LeaseTerms terms, MountConfig mount, TimeSpan increment, DateTimeOffset now) => TokenTtl.Compute(
        new TtlTerms
        {
            Asked = increment > TimeSpan.Zero ? increment : UsualTtl(lease, terms),
            MaxTtl = terms.MaxTtl,
            // An age, counted from the issue.
            ExplicitMaxTtl = lease.EndsBy - lease.IssuedAt ?? TimeSpan.Zero,
            IssuedAt = lease.IssuedAt,
            Limits = TokenTtl.Narrow(tokens.Limits, mount),
        },
        now);
}

/// <summary>A lease that was renewed.</summary>
/// <param name="Lease">For the answer.</param>
/// <param name="Revision">Revision of the commit.</param>
/// <param name="Warning">A hint for the caller, or null.</param>
internal sealed record LeaseRenewed(LeaseInfo Lease, long Revision, string? Warning);
