using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>Encrypts and commits transactions of an unsealed barrier.</summary>
internal sealed class EntryWriter(IStore store, KeyringKeeper keeper, EncryptionBudget budget, RecordMemo memo)
{
    /// <summary>Largest value that callers are promised room for.</summary>
    public const int MaxValueBytes = 1 << 20;

    /// <summary>
    /// What an engine may need beyond that for notes of its own, such as those that a conversion adds to a value that was as large as can be.
    /// </summary>
    public const int EngineBytes = 64;

    private const int Attempts = 16;

    public async ValueTask<CommitOutcome> CommitAsync(Transaction transaction, CancellationToken cancellationToken)
    {
        var values = Check(transaction);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var snapshot = await budget.TakeAsync(values, cancellationToken);
            var guards = Guards(transaction, snapshot);
            var encrypted = Encrypt(transaction, snapshot, guards);
            var outcome = await store.CommitAsync(encrypted, cancellationToken);
            if (outcome.Kind != CommitKind.Conflict)
                ForgetDeleted(encrypted);
            if (IsShutOut(guards, outcome))
                throw new MountChangedException();
            if (!BarrierSnapshot.IsStaleAfter(outcome))
                return outcome;
            await keeper.RefreshAsync(cancellationToken);
        }
        throw new StoreUnavailableException("the keyring changed too often meanwhile; try again");
    }

    private void ForgetDeleted(StoreTransaction transaction)
    {
        foreach (var change in transaction.Changes)
        {
            if (change.Value is null)
                memo.Forget(change.Key);
        }
    }

    private static int Check(Transaction transaction)
    {
        var values = 0;
        foreach (var (_, _, value) in transaction.Changes)
        {
            if (value is null)
                continue;
            if (value.Value.Length > MaxValueBytes + EngineBytes)
                throw new StoreLimitException($"a value exceeds {MaxValueBytes + EngineBytes} bytes");
            values++;
        }
        return values;
    }

    private static bool IsShutOut(List<Precondition> guards, CommitOutcome outcome) =>
        outcome.Kind == CommitKind.Conflict && guards.Exists(guard => guard.Key == outcome.ConflictKey);

    private static List<Precondition> Guards(Transaction transaction, BarrierSnapshot snapshot) => transaction.Guards.ConvertAll(
        guard => new Precondition(KeyLayout.Entry(snapshot.State.Generation, guard.View, guard.Path), guard.Revision));

    private static StoreTransaction Encrypt(Transaction transaction, BarrierSnapshot snapshot, List<Precondition> guards)
    {
        var generation = snapshot.State.Generation;
        // The guards come first: of several that fail, the store names the first, and who knows only an old mount must not think that he lost a race.
        List<Precondition> required = [.. snapshot.Guards, .. guards, .. transaction.RawRequired];
        foreach (var (view, path, revision) in transaction.Required)
            required.Add(new Precondition(KeyLayout.Entry(generation, view, path), revision));
        List<StoreChange> changes = [.. transaction.RawChanges];
        foreach (var (view, path, value) in transaction.Changes)
        {
            var key = KeyLayout.Entry(generation, view, path);
            ReadOnlyMemory<byte>? encrypted = null;
            if (value is { } plaintext)
                encrypted = snapshot.Keyring.Encrypt(plaintext.Span, key);
            changes.Add(new StoreChange(key, encrypted));
        }
        return new StoreTransaction(required, changes);
    }
}
