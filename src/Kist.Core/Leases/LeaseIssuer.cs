using Kist.Core.Barrier;
using Kist.Core.Leases.Quotas;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Leases;

/// <summary>
/// Issues secrets under leases, so that no crash leaves a secret without one: the lease is stored with what it takes to revoke it, then the secret is made,
/// then the lease is confirmed. What is not confirmed in time is revoked as if it had been made.
/// </summary>
public sealed class LeaseIssuer
{
    private const int MaxDataBytes = 64 * 1024;
    private const int Attempts = 16;

    // Between the last moment at which a secret may be made and the first at which others revoke it: longer than a database call that is under way then takes.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly LeaseRecords records;
    private readonly TokenStore tokens;
    private readonly LeaseQuotas quotas;
    private readonly TimeProvider time;
    private readonly TimeSpan patience;

    internal LeaseIssuer(LeaseRecords records, TokenStore tokens, LeaseQuotas quotas, TimeProvider time, TimeSpan patience)
    {
        this.records = records;
        this.tokens = tokens;
        this.quotas = quotas;
        this.time = time;
        this.patience = patience;
    }

    /// <summary>Makes a secret under a lease; the answer then names the lease.</summary>
    /// <param name="context">The request.</param>
    /// <param name="plan">What the lease is to be.</param>
    /// <param name="make">Makes the secret outside and answers the body. What it has made is revoked when it fails, or when its answer is lost.</param>
    /// <param name="cancellationToken">The request's deadline.</param>
    public async ValueTask<Outcome<T>> IssueAsync<T>(
        RequestContext context, LeasePlan plan, Func<LeaseGrant, CancellationToken, ValueTask<Outcome<T>>> make, CancellationToken cancellationToken)
    {
        var prepared = await PrepareAsync(context, plan, cancellationToken);
        if (!prepared.Succeeded)
            return prepared.Failure;
        var lease = prepared.Value;
        Outcome<T> made;
        try
        {
            await context.Storage.ReachAsync("lease.prepared", cancellationToken);
            var grant = new LeaseGrant(lease.Id, lease.Entry.CreationTtl, lease.Entry.ExpiresAt, time, patience);
            made = await make(grant, cancellationToken);
            await context.Storage.ReachAsync("lease.made", cancellationToken);
            if (made.Succeeded)
            {
                var confirmed = await ConfirmAsync(context, lease);
                if (confirmed.Succeeded)
                    return made;
                made = confirmed.Failure;
            }
        }
        catch
        {
            await AbandonAsync(lease.Id, isSettled: false);
            throw;
        }
        await AbandonAsync(lease.Id, isSettled: made.Failure?.Kind != FailureKind.Unavailable);
        return made;
    }

    /// <summary>
    /// Lets a lease end whose secret reaches nobody. When the store does not answer it stays, and ends at its time, which for one that is not confirmed is near.
    /// </summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="isSettled">
    /// False when what made the secret may be at work still, on the other side of a connection that broke: revoked now, it could come to be afterwards.
    /// </param>
    internal async ValueTask AbandonAsync(string leaseId, bool isSettled)
    {
        try
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                if (await records.ReadAsync(leaseId, CancellationToken.None) is not { } lease)
                    return;
                var now = time.GetUtcNow();
                var change = records.Begin();
                if (isSettled)
                    records.Replace(change, lease, lease.Entry with { Ending = true, DueAt = now });
                else
                    records.End(change, lease, now);
                if ((await change.CommitAsync(CancellationToken.None)).Succeeded)
                    return;
            }
        }
        catch (Exception e) when (e is StoreUnavailableException or BarrierSealedException)
        {
            // Its time is in the store already.
        }
    }

    // Everything that ends leases (a token, its auth method, a mount, a prefix) either finds this entry, or this commit finds that it is gone.
    private async ValueTask<Outcome<StoredLease>> PrepareAsync(RequestContext context, LeasePlan plan, CancellationToken cancellationToken)
    {
        if (plan.Data.Length > MaxDataBytes)
            throw new ArgumentException($"a lease keeps at most {MaxDataBytes} bytes", nameof(plan));
        var token = context.Token ?? throw new InvalidOperationException($"{context.Route.Template} issues leases and takes no token");
        if (token.IsLastUse)
            return LeaseFailures.LastUse;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var change = records.Begin().Within(context.Storage);
            var now = time.GetUtcNow();
            var holder = await RequireHolderAsync(change, token, now, cancellationToken);
            if (!holder.Succeeded)
                return holder.Failure;
            var life = LifeOf(context, plan, token, now);
            if (!life.Succeeded)
                return life.Failure;
            var id = LeaseRecords.NewId(context.Request.Path);
            using var admitted = await quotas.AdmitAsync(id, cancellationToken);
            if (admitted.Refusal is { } full)
                return full;
            var entry = new LeaseEntry
            {
                Mount = context.Mount.Id,
                Target = plan.Target,
                Data = plan.Data,
                TokenHash = holder.Value,
                IssuedAt = now,
                ExpiresAt = now + life.Value.Ttl,
                DueAt = now + patience + Margin,
                CreationTtl = life.Value.Ttl,
                Renewable = plan.Renewable,
            };
            records.Add(change, id, entry);
            var outcome = await change.CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return LeaseFailures.UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            if (life.Value.Warning is { } warning)
                context.Warn(warning);
            return new StoredLease(id, entry, outcome.Revision);
        }
        return LeaseFailures.Contention;
    }

    private async ValueTask<Outcome<Nothing>> ConfirmAsync(RequestContext context, StoredLease lease)
    {
        if (time.GetUtcNow() >= lease.Entry.DueAt - Margin)
            return LeaseFailures.TooSlow;
        var change = records.Begin().Within(context.Storage);
        records.Replace(change, lease, lease.Entry with { Confirmed = true, DueAt = lease.Entry.ExpiresAt });
        var outcome = await change.CommitAsync(CancellationToken.None);
        if (outcome.Kind == CommitKind.Unknown)
            return LeaseFailures.UnknownOutcome;
        if (!outcome.Succeeded)
            return LeaseFailures.Revoked;
        context.Index = outcome.Revision;
        context.Lease = new LeaseInfo(lease.Id, lease.Entry.CreationTtl, lease.Entry.Renewable);
        return Outcome.Done;
    }

    // The hash of the token that the lease ends with. That of a batch token ends with its parent; without one, with its own time.
    private async ValueTask<Outcome<string>> RequireHolderAsync(Transaction change, Authenticated token, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var hash = token.Entry.Type == TokenType.Batch ? token.Entry.ParentHash : token.Hash;
        if (hash.Length == 0)
            return "";
        var stored = tokens.Space.Of(token.Namespace);
        if (await stored.ReadAsync(hash, cancellationToken) is not { } holder || !holder.Entry.IsAlive(now))
            return TokenFailures.NotValid;
        change.Require(stored.Ids, hash, holder.Revision);
        return hash;
    }

    private Outcome<TtlDecision> LifeOf(RequestContext context, LeasePlan plan, Authenticated token, DateTimeOffset now)
    {
        var terms = new TtlTerms
        {
            Asked = plan.Ttl,
            MaxTtl = plan.MaxTtl,
            IssuedAt = now,
            Limits = TokenTtl.Narrow(tokens.Limits, context.Mount.Config),
        };
        var decided = TokenTtl.Compute(terms, now);
        // Nobody revokes a batch token, so what it takes must not outlive it.
        if (!decided.Succeeded || token.Entry is not { Type: TokenType.Batch, ExpiresAt: { } end } || end - now >= decided.Value.Ttl)
            return decided;
        return end > now
            ? new TtlDecision(end - now, "the TTL was cut to that of the batch token, with which the lease ends")
            : TokenFailures.NotValid;
    }
}
