using System.Diagnostics.CodeAnalysis;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>
/// Initialises the store, unseals this node and asks operators for a quorum. To seal, see <see cref="BarrierStore.SealAllAsync"/> and
/// <see cref="BarrierStore.Seal()"/>.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Lives as long as the process.")]
public sealed class SealManager
{
    private const string ShamirType = "shamir";

    private readonly IStore store;
    private readonly BarrierStore barrier;
    private readonly IAutoSeal? autoSeal;
    private readonly ShareCollector unsealing = new();
    private readonly SemaphoreSlim turn = new(1, 1);

    // A node that was unsealed and is sealed was sealed by command, and stays so until an operator unseals or restarts it. Belongs to whose turn it is.
    private bool unsealedOnce;

    /// <param name="store">The store under <paramref name="barrier"/>.</param>
    /// <param name="barrier">What is unsealed.</param>
    /// <param name="autoSeal">Unseals without operators, or null for Shamir's scheme.</param>
    public SealManager(IStore store, BarrierStore barrier, IAutoSeal? autoSeal = null)
    {
        this.store = store;
        this.barrier = barrier;
        this.autoSeal = autoSeal;
    }

    /// <summary>Hears what the operator should look at.</summary>
    public Action<string>? Problem { get; init; }

    /// <summary>True when a seal unseals this node without operators.</summary>
    public bool HasAutoSeal => autoSeal is not null;

    /// <summary>The state of this node, read from the store.</summary>
    public async Task<SealStatus> StatusAsync(CancellationToken cancellationToken) =>
        Status((await SealEntry.ReadAsync(store, cancellationToken))?.Record);

    /// <summary>
    /// Makes the root key and the first keyring. Of several nodes that try, one succeeds; the others answer <c>seal.initialized</c>. With shares the node is
    /// sealed again at the end; with auto-unseal it stays unsealed. Once the store has the keyring the shares are answered, whatever fails then
    /// (<see cref="OperatorShares.Trouble"/>): no later initialisation could make others.
    /// </summary>
    /// <param name="shares">1 to 255 shares of the root key, or of the recovery key with auto-unseal.</param>
    /// <param name="threshold">Shares that are needed: 1 for one share, else from 2.</param>
    /// <param name="setUp">Runs once while the barrier is unsealed for the first time, to write what a new server holds.</param>
    /// <param name="cancellationToken">Ends the wait, before anything was written.</param>
    public async Task<Outcome<OperatorShares>> InitializeAsync(
        int shares, int threshold, Func<CancellationToken, Task> setUp, CancellationToken cancellationToken)
    {
        if (KeyShares.Check(shares, threshold) is { } invalid)
            return invalid;
        await turn.WaitAsync(cancellationToken);
        try
        {
            // Asked while nothing is written yet, so that a store out of reach is an error and no doubt.
            if (await SealEntry.ReadAsync(store, cancellationToken) is not null)
                return AlreadyInitialized;
            using var rootKey = SecretBytes.Random(AeadKey.KeyBytes);
            using var recoveryKey = autoSeal is null ? null : SecretBytes.Random(AeadKey.KeyBytes);
            var wrapped = autoSeal is null ? null : await autoSeal.WrapAsync(rootKey, cancellationToken);
            var record = new SealRecord
            {
                Type = autoSeal?.Type ?? ShamirType,
                Shares = shares,
                Threshold = threshold,
                RootKey = wrapped is null ? null : WrappedKeyRecord.From(wrapped),
            };
            var made = new OperatorShares(KeyShares.Split(recoveryKey ?? rootKey, shares, threshold), autoSeal is not null);
            var laid = await LayFoundationAsync(rootKey, record, recoveryKey, cancellationToken);
            // Another node's foundation lies there: these shares open nothing, and must not be handed out whatever fails from here on.
            if (laid.Kind == CommitKind.Conflict)
                return AlreadyInitialized;
            return await CompleteAsync(laid, rootKey, made, setUp);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Adds a share to the unseal under way, and unseals when there are enough. Does nothing on an unsealed node.</summary>
    /// <param name="share">Copied; dispose it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Outcome<SealStatus>> UnsealAsync(SecretBytes share, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (await SealEntry.ReadAsync(store, cancellationToken) is not { Record: var record })
                return NotInitialized;
            if (!barrier.IsSealed)
                return Status(record);
            if (record.RootKey is not null)
                return Failure.Invalid("seal.auto_unseal", $"this server is unsealed by its seal \"{record.Type}\", not by shares: start it with the seal's key");
            if (unsealing.Add(share, record.Threshold, out var rootKey) is { } refused)
                return refused;
            using (rootKey)
            {
                if (rootKey is not null && !await barrier.UnsealAsync(rootKey, cancellationToken))
                    return WrongShares;
                unsealedOnce |= rootKey is not null;
            }
            return Status(record);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Forgets the shares of the unseal under way.</summary>
    public void ResetUnseal() => unsealing.Reset();

    /// <summary>
    /// Unseals with the auto-unseal seal, and wraps the root key anew when the seal's key has changed. The host calls it at start, until it succeeds; on a node
    /// that was unsealed before it does nothing.
    /// </summary>
    public async Task<Outcome<Nothing>> AutoUnsealAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (unsealedOnce)
                return Outcome.Done;
            if (await SealEntry.ReadAsync(store, cancellationToken) is not { } entry)
                return NotInitialized;
            if (autoSeal is null || entry.Record.Type != autoSeal.Type || entry.Record.RootKey is not { } stored)
                return OtherSeal(entry.Record);
            var unwrapped = await autoSeal.UnwrapAsync(stored.ToKey(), cancellationToken);
            if (!unwrapped.Succeeded)
                return unwrapped.Failure;
            using var rootKey = unwrapped.Value;
            if (!await barrier.UnsealAsync(rootKey, cancellationToken))
                throw new BarrierIntegrityException(KeyLayout.RootKeyring, "does not open with the root key that the seal unwrapped");
            unsealedOnce = true;
            if (stored.KeyId != autoSeal.KeyId)
                await WrapAnewAsync(entry, stored, rootKey, cancellationToken);
            return Outcome.Done;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Adds a share to an operation that needs a quorum of operators (generate-root, rekey): shares of the root key, or of the recovery key with auto-unseal.
    /// True when the quorum has proven its key; false when more shares are needed.
    /// </summary>
    /// <param name="collector">The operation's own collector.</param>
    /// <param name="share">Copied; dispose it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public async Task<Outcome<bool>> ProvideShareAsync(ShareCollector collector, SecretBytes share, CancellationToken cancellationToken)
    {
        if (await SealEntry.ReadAsync(store, cancellationToken) is not { Record: var record })
            return NotInitialized;
        var recovery = record.RootKey is null ? null : (await RecoveryRecord.ReadAsync(barrier, cancellationToken)).Record;
        if (collector.Add(share, recovery?.Threshold ?? record.Threshold, out var key) is { } refused)
            return refused;
        if (key is null)
            return false;
        using (key)
        {
            var proven = recovery?.Proves(key) ?? await barrier.IsRootKeyAsync(key, cancellationToken);
            if (!proven)
                return WrongShares;
            return proven;
        }
    }

    private static Failure NotInitialized { get; } = new(FailureKind.NotInitialized, "seal.not_initialized", "the server is not initialised: run init first");

    private static Failure AlreadyInitialized { get; } = Failure.Invalid("seal.initialized", "the server is initialised already");

    private static Failure WrongShares { get; } = Failure.Invalid(
        "seal.wrong_shares", "these shares do not form the key of this server: one is wrong or of another set; progress was reset, start again");

    private Failure OtherSeal(SealRecord record) => Failure.Invalid(
        "seal.type", $"the store is sealed by \"{record.Type}\", not by \"{autoSeal?.Type ?? ShamirType}\": configure that seal");

    private SealStatus Status(SealRecord? record) => new()
    {
        Type = record?.Type ?? autoSeal?.Type ?? ShamirType,
        Initialized = record is not null,
        Sealed = barrier.IsSealed,
        Shares = record?.Shares ?? 0,
        Threshold = record?.Threshold ?? 0,
        Progress = unsealing.Progress,
        Nonce = unsealing.Nonce,
        RecoverySeal = record is null ? autoSeal is not null : record.RootKey is not null,
    };

    private async Task<CommitOutcome> LayFoundationAsync(
        SecretBytes rootKey, SealRecord record, SecretBytes? recoveryKey, CancellationToken cancellationToken)
    {
        (string, byte[])[] entries = recoveryKey is null
            ? []
            : [(RecoveryRecord.Path, RecoveryRecord.For(recoveryKey, record.Shares, record.Threshold).Encode())];
        try
        {
            return await barrier.InitializeAsync(rootKey.Span, SealEntry.Encode(record), entries, cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            // It refused, or took it and lost the answer.
            Problem?.Invoke($"the store did not confirm the initialisation: {e.Message}");
            return CommitOutcome.Unknown;
        }
    }

    // From here on a caller's cancellation is not obeyed.
    private async Task<Outcome<OperatorShares>> CompleteAsync(
        CommitOutcome laid, SecretBytes rootKey, OperatorShares made, Func<CancellationToken, Task> setUp)
    {
        try
        {
            if (!laid.Succeeded && await SealEntry.ReadAsync(store, CancellationToken.None) is null)
                return Failure.Unavailable("seal.initialization_lost", "the store did not take the initialisation: try again");
            // The root key opens the keyring if and only if it is this initialisation's.
            if (!await barrier.UnsealAsync(rootKey, CancellationToken.None))
                return AlreadyInitialized;
            unsealedOnce = true;
            await setUp(CancellationToken.None);
            return made;
        }
        catch (Exception e)
        {
            return made with { Trouble = e };
        }
        finally
        {
            if (autoSeal is null)
                barrier.Seal();
        }
    }

    private async Task WrapAnewAsync(SealEntry entry, WrappedKeyRecord stored, SecretBytes rootKey, CancellationToken cancellationToken)
    {
        var wrapped = await autoSeal!.WrapAsync(rootKey, cancellationToken);
        var record = entry.Record with { RootKey = WrappedKeyRecord.From(wrapped) };
        var change = new StoreChange(KeyLayout.Seal, SealEntry.Encode(record));

        try
        {
            // A conflict means that another node has done it; what is lost is done at the next start.
            _ = await store.CommitAsync(new StoreTransaction([entry.Guard], [change]), cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            // A full or read-only store still answers reads.
            Problem?.Invoke(
                $"the root key could not be wrapped with the seal's key \"{autoSeal.KeyId}\", the next start tries again; until then keep \"{stored.KeyId}\": {e.Message}");
        }
    }
}
