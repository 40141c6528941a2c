using System.Diagnostics.CodeAnalysis;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>A rekey under way on this node, or none (<see cref="Nonce"/> is empty).</summary>
/// <param name="Nonce">Names the attempt; every share comes with it.</param>
/// <param name="Shares">New shares to be made.</param>
/// <param name="Threshold">New shares that will be needed.</param>
/// <param name="Progress">Present shares gathered.</param>
public sealed record RekeyStatus(string Nonce, int Shares, int Threshold, int Progress);

/// <summary>What a share has brought: <paramref name="NewShares"/> is null until the quorum is complete.</summary>
public sealed record RekeyStep(RekeyStatus Status, OperatorShares? NewShares);

/// <summary>
/// Replaces the operators' shares, once a quorum of the present ones agrees (<c>sys/rekey</c>, <c>sys/rekey-recovery-key</c>). With Shamir's scheme the root
/// key is replaced too, so that the old shares open nothing any more; unsealed nodes take it over. With auto-unseal the recovery key is replaced.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Lives as long as the process.")]
public sealed class Rekey
{
    private static readonly RekeyStatus None = new("", 0, 0, 0);

    private readonly IStore store;
    private readonly BarrierStore barrier;
    private readonly SealManager seals;
    private readonly ShareCollector present = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile RekeyStatus attempt = None;

    /// <param name="store">The store under <paramref name="barrier"/>.</param>
    /// <param name="barrier">Must be unsealed; sealing it ends an attempt.</param>
    /// <param name="seals">Verifies the quorum.</param>
    public Rekey(IStore store, BarrierStore barrier, SealManager seals)
    {
        this.store = store;
        this.barrier = barrier;
        this.seals = seals;
        barrier.Sealed += (_, _) => Cancel();
    }

    /// <summary>The attempt under way.</summary>
    public RekeyStatus Status => attempt with { Progress = present.Progress };

    /// <summary>Begins an attempt; fails while there is one.</summary>
    public Outcome<RekeyStatus> Start(int shares, int threshold)
    {
        if (KeyShares.Check(shares, threshold) is { } invalid)
            return invalid;
        if (barrier.IsSealed)
            throw new BarrierSealedException();
        var started = new RekeyStatus(Guid.NewGuid().ToString(), shares, threshold, 0);
        if (Interlocked.CompareExchange(ref attempt, started, None) != None)
            return Failure.Invalid("rekey.in_progress", "a rekey is under way: complete or cancel it first");
        return started;
    }

    /// <summary>Ends the attempt, if there is one.</summary>
    public void Cancel()
    {
        attempt = None;
        present.Reset();
    }

    /// <summary>Adds a present share, and replaces the key when there are enough.</summary>
    /// <param name="share">Copied; dispose it.</param>
    /// <param name="nonce">The attempt that the operator means.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public async Task<Outcome<RekeyStep>> ProvideAsync(SecretBytes share, string nonce, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            var current = attempt;
            if (current == None)
                return Failure.Invalid("rekey.none", "no rekey is under way: start one first");
            if (current.Nonce != nonce)
                return Failure.Invalid("rekey.nonce", "the nonce is not that of the rekey under way: ask for its status");
            var proven = await seals.ProvideShareAsync(present, share, cancellationToken);
            if (!proven.Succeeded)
                return proven.Failure;
            if (!proven.Value)
                return new RekeyStep(Status, null);
            var replaced = await ReplaceAsync(current, cancellationToken);
            Cancel();
            if (!replaced.Succeeded)
                return replaced.Failure;
            return new RekeyStep(current, replaced.Value);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<Outcome<OperatorShares>> ReplaceAsync(RekeyStatus wanted, CancellationToken cancellationToken)
    {
        if (await SealEntry.ReadAsync(store, cancellationToken) is not { } entry)
            throw new BarrierIntegrityException(KeyLayout.Seal, "has disappeared from the store");
        using var key = SecretBytes.Random(AeadKey.KeyBytes);
        var record = SealEntry.Encode(entry.Record with { Shares = wanted.Shares, Threshold = wanted.Threshold });
        var isRecovery = entry.Record.RootKey is not null;
        var done = isRecovery
            ? await ReplaceRecoveryKeyAsync(key, wanted, entry.Guard, record, cancellationToken)
            : await barrier.ReplaceRootKeyAsync(key, entry.Guard, record, cancellationToken);
        if (!done)
            return Failure.Conflict("rekey.conflict", "another node has changed the seal meanwhile: start again");
        return new OperatorShares(KeyShares.Split(key, wanted.Shares, wanted.Threshold), isRecovery);
    }

    private async Task<bool> ReplaceRecoveryKeyAsync(
        SecretBytes key, RekeyStatus wanted, Precondition guard, byte[] sealRecord, CancellationToken cancellationToken)
    {
        var view = barrier.System(NamespaceId.Root);
        var old = await RecoveryRecord.ReadAsync(barrier, cancellationToken);
        var transaction = view.Begin().Require(guard).Require(view, RecoveryRecord.Path, old.Revision)
            .Put(view, RecoveryRecord.Path, RecoveryRecord.For(key, wanted.Shares, wanted.Threshold).Encode());
        transaction.RawChanges.Add(new StoreChange(guard.Key, sealRecord));
        var outcome = await transaction.CommitAsync(cancellationToken);
        return outcome.Succeeded
            || (outcome.Kind == CommitKind.Unknown && (await RecoveryRecord.ReadAsync(barrier, cancellationToken)).Record.Proves(key));
    }
}
