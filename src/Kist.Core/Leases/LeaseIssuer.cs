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
        // Until it is known what became of it, what makes the secret may be at work still, on the other side of a connection that broke.
        var isSettled = false;
        Failure failure;
        try
        {
            await context.Storage.ReachAsync("lease.prepared", cancellationToken);
            var made = await make(new LeaseGrant(lease.Id, lease.Entry, time, patience), cancellationToken);
            isSettled = made.Failure?.Kind != FailureKind.Unavailable;
            await context.Storage.ReachAsync("lease.made", cancellationToken);
            var confirmed = made.Succeeded ? await ConfirmAsync(context, lease) : made.Failure;
            if (confirmed.Succeeded)
                return made;
            failure = confirmed.Failure;
        }
        catch
        {
            await AbandonAsync(lease, isSettled);
            throw;
        }
        await AbandonAsync(lease, isSettled);
        return failure;
    }

    /// <summary>Lets a lease end whose secret reaches nobody. When the store does not answer it stays, and ends at its time.</summary>
    internal ValueTask EndUndeliveredAsync(string leaseId) => TryAsync(async () =>
        await records.ReadAsync(leaseId, CancellationToken.None) is not { } lease || await EndAsync(lease, time.GetUtcNow()));

    /// <summary>Lets a lease end that is not confirmed. One that others took for dead and removed comes back, for its secret may have come to be since.</summary>
    /// <param name="prepared">The lease as it was prepared.</param>
    /// <param name="isSettled">False when the secret may still come to be: then it is revoked only after a time in which it would have.</param>
    private ValueTask AbandonAsync(StoredLease prepared, bool isSettled) => TryAsync(async () =>
    {
        var now = time.GetUtcNow();
        var due = isSettled ? now : now + patience + Margin;
        if (await records.ReadAsync(prepared.Id, CancellationToken.None) is { } lease)
            return await EndAsync(lease, due);
        var change = records.Begin();
        records.Add(change, prepared.Id, prepared.Entry with { TokenHash = "", Ending = true, DueAt = due });
        return (await change.CommitAsync(CancellationToken.None)).Succeeded;
    });

    private async ValueTask<bool> EndAsync(StoredLease lease, DateTimeOffset due)
    {
        var change = records.Begin();
        records.Replace(change, lease, lease.Entry with { Ending = true, DueAt = due });
        return (await change.CommitAsync(CancellationToken.None)).Succeeded;
    }

    private static async ValueTask TryAsync(Func<ValueTask<bool>> end)
    {
        try
        {
            for (var attempt = 0; attempt < Attempts && !await end(); attempt++)
                await Task.Yield();
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
            if (await quotas.AdmitAsync(id, cancellationToken) is { } full)
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
                EndsBy = token.Entry.Type == TokenType.Batch ? token.Entry.ExpiresAt : null,
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
