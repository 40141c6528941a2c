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
    private readonly SecretBytes rootKey;
    private readonly AeadKey rootCipher;
    private readonly Action onSealMark;

    // One reload or change at a time; held across calls of the store.
    private readonly SemaphoreSlim turn = new(1, 1);

    // Keeps Dispose from wiping key bytes while they are read: a keyring written at that moment would hold zeros. Never held across a wait.
    private readonly Lock keys = new();

    private volatile BarrierSnapshot current;
    private bool disposed;

    private KeyringKeeper(IStore store, ReadOnlySpan<byte> rootKey, AeadKey rootCipher, BarrierSnapshot first, Action onSealMark)
    {
        this.store = store;
        this.rootKey = new SecretBytes(rootKey);
        this.rootCipher = rootCipher;
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
        var cipher = new AeadKey(rootKey);
        if (KeyringCodec.TryDecrypt(entries.Keyring!, cipher) is not { } record)
        {
            cipher.Dispose();
            return null;
        }
        var keyring = new Keyring(NamespaceId.Root, record, entries.Keyring!.Revision);
        return new KeyringKeeper(store, rootKey, cipher, new BarrierSnapshot(entries.ReadState(), entries.State!.Revision, keyring), onSealMark);
    }

    /// <summary>
    /// Reads state and keyring again, unless that happened since <paramref name="seen"/> was current. Answers the same object when nothing has changed.
    /// </summary>
    /// <exception cref="BarrierSealedException">Another node has sealed all, and now this one is sealed too.</exception>
    public async Task<BarrierSnapshot> RefreshAsync(BarrierSnapshot seen, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            if (current == seen)
                await ReloadAsync(cancellationToken);
            return current;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Writes a changed keyring and answers the snapshot that holds it.</summary>
    /// <param name="change">Decides from the keyring as it stands, perhaps several times; null leaves it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StoreUnavailableException">Other nodes won the race too often.</exception>
    public async Task<BarrierSnapshot> ChangeKeyringAsync(Func<KeyringRecord, KeyringRecord?> change, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
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
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Marks the store, so that every node that is unsealed now seals itself.</summary>
    /// <exception cref="StoreUnavailableException">Other nodes won the race too often.</exception>
    public async Task MarkSealedAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var attempt = 0; attempt < Attempts; attempt++)
            {
                var seen = current;
                var marked = JsonSerializer.SerializeToUtf8Bytes(
                    seen.State with { SealMark = seen.State.SealMark + 1 }, BootstrapJson.Default.StateRecord);
                var outcome = await store.CommitAsync(new StoreTransaction(seen.Guards, [new StoreChange(KeyLayout.State, marked)]), cancellationToken);
                if (outcome.Succeeded)
                    return;
                await ReloadAsync(cancellationToken);
            }
            throw LostTooOften();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Compares with the root key in constant time.</summary>
    public bool IsRootKey(ReadOnlySpan<byte> key)
    {
        lock (keys)
            return !disposed && rootKey.FixedTimeEquals(key);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (keys)
        {
            disposed = true;
            current.Keyring.Dispose();
            rootCipher.Dispose();
            rootKey.Dispose();
        }
    }

    private async Task ReloadAsync(CancellationToken cancellationToken)
    {
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
            Publish(state, entries.State!.Revision, Open(keyring), keyring.Revision);
        else if (entries.State!.Revision != seen.StateRevision)
            Publish(state, entries.State.Revision, seen.Keyring.Record, keyring.Revision);
    }

    private KeyringRecord Open(StoreEntry entry) =>
        KeyringCodec.TryDecrypt(entry, rootCipher) ?? throw new BarrierIntegrityException(entry.Key, "does not open with this node's root key");

    private (KeyringRecord Record, StoreChange Entry)? Prepare(Keyring keyring, Func<KeyringRecord, KeyringRecord?> change)
    {
        lock (keys)
        {
            ThrowIfSealed();
            return change(keyring.Record) is { } record
                ? (record, new StoreChange(KeyLayout.RootKeyring, KeyringCodec.Encrypt(record, rootCipher, NamespaceId.Root)))
                : null;
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
