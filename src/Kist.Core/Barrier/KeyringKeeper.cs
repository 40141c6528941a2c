using System.Security.Cryptography;
using System.Text.Json;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>
/// Holds root key and keyring of one unsealed span, keeps them in step with the store and changes them there. Every change is a commit that requires the state
/// it started from; when the race is lost, it reads again and decides again.
/// </summary>
internal sealed class KeyringKeeper : IDisposable
{
    private const int Attempts = 16;

    private readonly IStore store;
    private readonly Action onSealMark;

    // One reload or change at a time; held across calls of the store.
    private readonly SemaphoreSlim turn = new(1, 1);

    // Keeps Dispose from wiping key bytes while they are read: a keyring written at that moment would hold zeros. Never held across a wait.
    private readonly Lock keys = new();

    private volatile BarrierSnapshot current;
    private RootKey rootKey;
    private long reloadsBegun;
    private long lastReload;
    private bool disposed;

    private KeyringKeeper(IStore store, RootKey rootKey, BarrierSnapshot first, Action onSealMark)
    {
        this.store = store;
        this.rootKey = rootKey;
        this.onSealMark = onSealMark;
        current = first;
    }

    /// <summary>What this node knows now.</summary>
    public BarrierSnapshot Current => current;

    /// <summary>Opens the keyring of an initialised store; null when the root key does not fit it.</summary>
    /// <param name="store">For reloads and changes.</param>
    /// <param name="entries">State and keyring.</param>
    /// <param name="rootKey">Copied.</param>
    /// <param name="onSealMark">Seals this node; called when another one has marked the store, before the operation that noticed it fails.</param>
    public static KeyringKeeper? TryOpen(IStore store, BootstrapEntries entries, ReadOnlySpan<byte> rootKey, Action onSealMark)
    {
        var root = new RootKey(rootKey);
        if (root.TryDecrypt(entries.Keyring!) is not { } record)
        {
            root.Dispose();
            return null;
        }
        var keyring = new Keyring(NamespaceId.Root, record, entries.Keyring!.Revision);
        return new KeyringKeeper(store, root, new BarrierSnapshot(entries.ReadState(), entries.State!.Revision, keyring), onSealMark);
    }

    /// <summary>
    /// Reads state and keyring again; callers that wait for each other share one reading. Answers the same object as before when nothing has changed.
    /// </summary>
    /// <exception cref="BarrierSealedException">Another node has sealed all, and now this one is sealed too.</exception>
    public Task<BarrierSnapshot> RefreshAsync(CancellationToken cancellationToken)
    {
        var begun = Volatile.Read(ref reloadsBegun);
        return InTurnAsync(
            async () =>
            {
                // A reading that began after this call tells all that this one would.
                if (lastReload <= begun)
                    await ReloadAsync(cancellationToken);
                return current;
            },
            cancellationToken);
    }

    /// <summary>Decrypts with the keyring, and with a newer one when the value is of an unknown term. Null when it was not encrypted for this place.</summary>
    public async ValueTask<byte[]?> TryDecryptAsync(ReadOnlyMemory<byte> value, StoreKey place, CancellationToken cancellationToken)
    {
        var snapshot = current;
        while (true)
        {
            var status = snapshot.Keyring.TryDecrypt(value.Span, place, out var plaintext);
            if (status == DecryptStatus.Decrypted)
                return plaintext;
            var newer = status == DecryptStatus.UnknownTerm ? await RefreshAsync(cancellationToken) : snapshot;
            if (newer == snapshot)
                return null;
            snapshot = newer;
        }
    }

    /// <summary>Writes a changed keyring and answers the snapshot that holds it.</summary>
    /// <param name="change">Decides from the keyring as it stands, perhaps several times; null leaves it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">Other nodes won the race too often.</exception>
    public Task<BarrierSnapshot> ChangeKeyringAsync(Func<KeyringRecord, KeyringRecord?> change, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var seen = current;
                if (Prepare(seen.Keyring, change) is not { } changed)
                    return seen;
                var outcome = await store.CommitAsync(new StoreTransaction(seen.Guards, [changed.Entry]), cancellationToken);
                if (outcome.Succeeded)
                    return Publish(seen.State, seen.StateRevision, changed.Record, outcome.Revision);
                await ReloadAsync(cancellationToken);
            }
            throw LostTooOften();
        },
        cancellationToken);

    /// <summary>Marks the store, so that every node that is unsealed now seals itself.</summary>
    /// <exception cref="StoreUnavailableException">Other nodes won the race too often.</exception>
    public Task MarkSealedAsync(CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var seen = current;
                var marked = seen.State with { SealMark = seen.State.SealMark + 1 };
                var change = new StoreChange(KeyLayout.State, JsonSerializer.SerializeToUtf8Bytes(marked, BootstrapJson.Default.StateRecord));
                if ((await store.CommitAsync(new StoreTransaction(seen.Guards, [change]), cancellationToken)).Succeeded)
                    return seen;
                await ReloadAsync(cancellationToken);
            }
            throw LostTooOften();
        },
        cancellationToken);

    /// <summary>
    /// Encrypts the keyring under a new root key and changes the seal entry with it. Nodes that are unsealed take the new key over; others need it to unseal.
    /// False when the seal entry has changed meanwhile: then nothing was replaced. After an exception it may have been, whatever the exception says.
    /// </summary>
    /// <param name="next">Copied.</param>
    /// <param name="sealGuard">The seal entry as it was read.</param>
    /// <param name="sealRecord">The seal entry as it shall be.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">Other nodes won the race too often.</exception>
    public Task<bool> ReplaceRootKeyAsync(
        SecretBytes next, Precondition sealGuard, byte[] sealRecord, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var seen = current;
                var (record, changes) = PrepareRootKey(seen, next);
                changes.Add(new StoreChange(sealGuard.Key, sealRecord));
                var outcome = await store.CommitAsync(new StoreTransaction([.. seen.Guards, sealGuard], changes), cancellationToken);
                if (outcome.Succeeded)
                {
                    TakeOver(next, seen, record, outcome.Revision);
                    return true;
                }
                await ReloadAsync(cancellationToken);
                if (IsInForce(next))
                    return true;
                if (outcome.Kind == CommitKind.Conflict && outcome.ConflictKey == sealGuard.Key)
                    return false;
            }
            throw LostTooOften();
        },
        cancellationToken);

    /// <summary>Compares with the root key in constant time.</summary>
    public bool IsRootKey(ReadOnlySpan<byte> key)
    {
        lock (keys)
            return !disposed && rootKey.Is(key);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (keys)
        {
            disposed = true;
            current.Keyring.Dispose();
            rootKey.Dispose();
        }
    }

    private async Task<T> InTurnAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
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

    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref reloadsBegun);
        var seen = current;
        var entries = await BootstrapEntries.ReadAsync(store, cancellationToken);
        if (!entries.IsInitialized)
            throw new BarrierIntegrityException(KeyLayout.State, "has disappeared from the store");
        var state = entries.ReadState();
        if (state.SealMark != seen.State.SealMark)
        {
            onSealMark();
            throw new BarrierSealedException();
        }
        var keyring = entries.Keyring!;
        if (keyring.Revision != seen.Keyring.Revision)
            Publish(state, entries.State!.Revision, await OpenAsync(keyring, state.Generation, cancellationToken), keyring.Revision);
        else if (entries.State!.Revision != seen.StateRevision)
            Publish(state, entries.State.Revision, seen.Keyring.Record, keyring.Revision);
        lastReload = number;
    }

    private async Task<KeyringRecord> OpenAsync(StoreEntry entry, uint generation, CancellationToken cancellationToken)
    {
        if (rootKey.TryDecrypt(entry) is { } record)
            return record;
        var handedOn = KeyLayout.NextRootKey(generation);
        var read = await store.RangeAsync(handedOn, handedOn.Successor(), limit: 1, keysOnly: false, cancellationToken);
        if (read.Entries is [var next] && current.Keyring.TryDecrypt(next.Value.Span, handedOn, out var bytes) == DecryptStatus.Decrypted)
        {
            var candidate = new RootKey(bytes);
            CryptographicOperations.ZeroMemory(bytes);
            if (candidate.TryDecrypt(entry) is { } rekeyed)
            {
                Adopt(candidate);
                return rekeyed;
            }
            candidate.Dispose();
        }
        throw new BarrierIntegrityException(entry.Key, "does not open with this node's root key: it was changed, or rekeyed under a term this node does not know");
    }

    // Sealed meanwhile, this node has nothing to take over; the store has the new key all the same.
    private void TakeOver(SecretBytes next, BarrierSnapshot seen, KeyringRecord record, long revision)
    {
        try
        {
            Adopt(new RootKey(next.Span));
            Publish(seen.State, seen.StateRevision, record, revision);
        }
        catch (BarrierSealedException)
        {
            // The next unseal reads it.
        }
    }

    // Throws rather than deny what a sealed node cannot know.
    private bool IsInForce(SecretBytes key)
    {
        lock (keys)
        {
            ThrowIfSealed();
            return rootKey.Is(key.Span);
        }
    }

    private void Adopt(RootKey next)
    {
        lock (keys)
        {
            if (disposed)
                next.Dispose();
            ThrowIfSealed();
            rootKey.Dispose();
            rootKey = next;
        }
    }

    private (KeyringRecord Record, StoreChange Entry)? Prepare(Keyring keyring, Func<KeyringRecord, KeyringRecord?> change)
    {
        lock (keys)
        {
            ThrowIfSealed();
            return change(keyring.Record) is { } record
                ? (record, rootKey.Encrypt(record, KeyLayout.RootKeyring))
                : null;
        }
    }

    private (KeyringRecord Record, List<StoreChange> Changes) PrepareRootKey(BarrierSnapshot seen, SecretBytes next)
    {
        lock (keys)
        {
            ThrowIfSealed();
            using var root = new RootKey(next.Span);
            var handedOn = KeyLayout.NextRootKey(seen.State.Generation);
            var record = seen.Keyring.Record with { Encryptions = seen.Keyring.Record.Encryptions + 1 };
            var encrypted = seen.Keyring.Encrypt(next.Span, handedOn);
            return (record, [root.Encrypt(record, KeyLayout.RootKeyring), new StoreChange(handedOn, encrypted)]);
        }
    }

    private BarrierSnapshot Publish(StateRecord state, long stateRevision, KeyringRecord record, long revision)
    {
        lock (keys)
        {
            ThrowIfSealed();
            var replaced = current.Keyring;
            var keyring = revision == replaced.Revision ? replaced : new Keyring(NamespaceId.Root, record, revision, replaced);
            current = new BarrierSnapshot(state, stateRevision, keyring);
            replaced.WipeRecordBut(record);
            return current;
        }
    }

    private void ThrowIfSealed()
    {
        if (disposed)
            throw new BarrierSealedException();
    }

    private static StoreUnavailableException LostTooOften() => new("the keyring changed too often meanwhile; try again");
}
