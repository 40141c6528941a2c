using System.Diagnostics.CodeAnalysis;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>A rekey under way on this node, or none (<see cref="Nonce"/> is empty).</summary>
/// <param name="Nonce">Names the attempt; every present share comes with it.</param>
/// <param name="Shares">New shares to be made.</param>
/// <param name="Threshold">New shares that will be needed.</param>
/// <param name="RequiresVerification">True when the new shares count only once enough of them were given back.</param>
public sealed record RekeyStatus(string Nonce, int Shares, int Threshold, bool RequiresVerification)
{
    /// <summary>Present shares gathered.</summary>
    public int Progress { get; init; }

    /// <summary>Names the verification that waits for new shares; empty when none does.</summary>
    public string VerificationNonce { get; init; } = "";

    /// <summary>New shares given back.</summary>
    public int VerificationProgress { get; init; }
}

/// <summary>What a present share has brought.</summary>
/// <param name="Status">The attempt after it.</param>
/// <param name="NewShares">The new shares once the quorum is complete, else null.</param>
public sealed record RekeyStep(RekeyStatus Status, OperatorShares? NewShares)
{
    /// <summary>False when it is not known whether the old or the new shares are in force; <see cref="OperatorShares.Trouble"/> says why.</summary>
    public bool Confirmed => NewShares?.Trouble is null;
}

/// <summary>
/// Replaces the operators' shares, once a quorum of the present ones agrees (<c>sys/rekey</c>, <c>sys/rekey-recovery-key</c>). With Shamir's scheme the root
/// key is replaced too, so that the old shares open nothing any more; unsealed nodes take it over. With auto-unseal the recovery key is replaced.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Lives as long as the process.")]
public sealed class Rekey
{
    private const int Attempts = 3;

    private static readonly RekeyStatus None = new("", 0, 0, false);

    private readonly IStore store;
    private readonly BarrierStore barrier;
    private readonly SealManager seals;
    private readonly ShareCollector present = new();
    private readonly ShareCollector returned = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile RekeyStatus attempt = None;
    private volatile Candidate? candidate;

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
    public RekeyStatus Status => attempt with
    {
        Progress = present.Progress,
        VerificationNonce = Waiting?.Nonce ?? "",
        VerificationProgress = returned.Progress,
    };

    private Candidate? Waiting => candidate is { } made && made.Attempt == attempt.Nonce ? made : null;

    /// <summary>Begins an attempt; fails while there is one.</summary>
    public Outcome<RekeyStatus> Start(int shares, int threshold, bool requireVerification)
    {
        if (KeyShares.Check(shares, threshold) is { } invalid)
            return invalid;
        if (barrier.IsSealed)
            throw new BarrierSealedException();
        var started = new RekeyStatus(Guid.NewGuid().ToString(), shares, threshold, requireVerification);
        if (Interlocked.CompareExchange(ref attempt, started, None) != None)
            return Failure.Invalid("rekey.in_progress", "a rekey is under way: complete or cancel it first");
        return started;
    }

    /// <summary>Ends the attempt, if there is one. New shares that wait for their verification are void.</summary>
    public void Cancel()
    {
        attempt = None;
        present.Reset();
        returned.Reset();
        // Not disposed: sealing may cancel while the key is read on another thread. It is wiped once nothing refers to it.
        candidate = null;
    }

    /// <summary>Adds a present share, and replaces the key when there are enough, or hands out new shares to be verified.</summary>
    /// <param name="share">Copied; dispose it.</param>
    /// <param name="nonce">The attempt that the operator means.</param>
    /// <param name="cancellationToken">Ends the wait; once the quorum is complete it is not obeyed any more, since new shares must not get lost.</param>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public Task<Outcome<RekeyStep>> ProvideAsync(SecretBytes share, string nonce, CancellationToken cancellationToken) => InTurnAsync<RekeyStep>(
        async () =>
        {
            var current = attempt;
            if (current == None)
                return Failure.Invalid("rekey.none", "no rekey is under way: start one first");
            if (current.Nonce != nonce)
                return Failure.Invalid("rekey.nonce", "the nonce is not that of the rekey under way: ask for its status");
            if (Waiting is not null)
                return Failure.Invalid("rekey.verifying", "the new shares are made: give them back to verify them, or cancel the rekey");
            if (await SealEntry.ReadAsync(store, cancellationToken) is not { } entry)
                throw new BarrierIntegrityException(KeyLayout.Seal, "has disappeared from the store");
            var proven = await seals.ProvideShareAsync(present, share, cancellationToken);
            if (!proven.Succeeded)
                return proven.Failure;
            return proven.Value ? await CompleteAsync(current, entry) : new RekeyStep(Status, null);
        },
        cancellationToken);

    /// <summary>Takes a new share back, and replaces the key once enough of them have proven it; true then.</summary>
    /// <param name="share">Copied; dispose it.</param>
    /// <param name="nonce">The verification that the operator means.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public Task<Outcome<bool>> VerifyAsync(SecretBytes share, string nonce, CancellationToken cancellationToken) => InTurnAsync<bool>(
        async () =>
        {
            var current = attempt;
            if (Waiting is not { } waiting)
                return Failure.Invalid("rekey.no_verification", "no new shares wait for their verification");
            if (waiting.Nonce != nonce)
                return Failure.Invalid("rekey.nonce", "the nonce is not that of the verification under way: ask for its status");
            if (returned.Add(share, current.Threshold, out var key) is { } refused)
                return refused;
            if (key is null)
                return false;
            using (key)
            {
                if (!key.FixedTimeEquals(waiting.Key.Span))
                    return Failure.Invalid("rekey.wrong_shares", "these are not the new shares; progress was reset, start the verification again");
            }
            var replaced = await ReplaceAsync(waiting.Key, current, waiting.Entry);
            Cancel();
            if (!replaced)
                return ChangedMeanwhile;
            return replaced;
        },
        cancellationToken);

    /// <summary>Forgets the new shares given back, and names the verification anew. The attempt goes on.</summary>
    public Task<Outcome<RekeyStatus>> RestartVerificationAsync(CancellationToken cancellationToken) => InTurnAsync<RekeyStatus>(
        () =>
        {
            returned.Reset();
            if (Waiting is { } waiting)
                candidate = waiting with { Nonce = Guid.NewGuid().ToString() };
            return Task.FromResult(new Outcome<RekeyStatus>(Status));
        },
        cancellationToken);

    private static Failure ChangedMeanwhile { get; } =
        Failure.Conflict("rekey.conflict", "another node has changed the seal meanwhile: start again; the new shares are void");

    private async Task<Outcome<T>> InTurnAsync<T>(Func<Task<Outcome<T>>> action, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await action();
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<Outcome<RekeyStep>> CompleteAsync(RekeyStatus current, SealEntry entry)
    {
        var key = SecretBytes.Random(AeadKey.KeyBytes);
        var made = new OperatorShares(KeyShares.Split(key, current.Shares, current.Threshold), entry.Record.RootKey is not null);
        if (current.RequiresVerification)
        {
            var verification = Guid.NewGuid().ToString();
            candidate = new Candidate(current.Nonce, key, verification, entry);
            // Answered from what was asked for: whatever cancels the attempt from here on, these shares are never told to count already.
            return attempt == current
                ? new RekeyStep(current with { VerificationNonce = verification }, made)
                : Failure.Invalid("rekey.cancelled", "the rekey was cancelled meanwhile: the present shares stay");
        }
        using (key)
        {
            Cancel();
            try
            {
                return await ReplaceAsync(key, current, entry) ? new RekeyStep(current, made) : ChangedMeanwhile;
            }
            catch (Exception e)
            {
                // The commit may have happened, whatever failed since: then the old shares are void, and these must not get lost.
                return new RekeyStep(current, made with { Trouble = e });
            }
        }
    }

    // From here on a caller's cancellation is not obeyed. False when the seal entry is no longer the one under which the quorum was proven.
    private Task<bool> ReplaceAsync(SecretBytes key, RekeyStatus wanted, SealEntry entry)
    {
        var record = SealEntry.Encode(entry.Record with { Shares = wanted.Shares, Threshold = wanted.Threshold });
        return entry.Record.RootKey is not null
            ? ReplaceRecoveryKeyAsync(key, wanted, entry.Guard, record)
            : barrier.ReplaceRootKeyAsync(key, entry.Guard, record, CancellationToken.None);
    }

    private async Task<bool> ReplaceRecoveryKeyAsync(SecretBytes key, RekeyStatus wanted, Precondition guard, byte[] sealRecord)
    {
        var view = barrier.System(NamespaceId.Root);
        var old = await RecoveryRecord.ReadAsync(barrier, CancellationToken.None);
        for (var tried = 0; tried < Attempts; tried++)
        {
            var transaction = view.Begin().Require(guard).Require(view, RecoveryRecord.Path, old.Revision)
                .Put(view, RecoveryRecord.Path, RecoveryRecord.For(key, wanted.Shares, wanted.Threshold).Encode());
            transaction.RawChanges.Add(new StoreChange(guard.Key, sealRecord));
            var outcome = await transaction.CommitAsync(CancellationToken.None);
            if (outcome.Succeeded || (await RecoveryRecord.ReadAsync(barrier, CancellationToken.None)).Record.Proves(key))
                return true;
            if (outcome.Kind == CommitKind.Conflict)
                return false;
            // An answer was lost. What has not happened by now may still; the next attempt then meets it.
        }
        throw new StoreUnavailableException("the store did not confirm the new recovery key");
    }

    /// <summary>A new key whose shares are out, but which is not in force yet.</summary>
    private sealed record Candidate(string Attempt, SecretBytes Key, string Nonce, SealEntry Entry);
}
