using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>
/// The barrier over a store: nothing passes it unencrypted, and nothing at all while it is sealed. Every member may be called from any thread. Members that
/// reach the store throw <see cref="BarrierSealedException"/> while sealed, <see cref="BarrierIntegrityException"/> when an entry was tampered with, and
/// <see cref="StoreUnavailableException"/> when the store does not answer.
/// </summary>
public sealed class BarrierStore
{
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(500);

    private readonly IStore store;
    private readonly TimeProvider time;
    private readonly BarrierOptions options;
    private Session? session;

    /// <summary>A sealed barrier.</summary>
    public BarrierStore(IStore store, TimeProvider time, BarrierOptions? options = null)
    {
        this.store = store;
        this.time = time;
        this.options = options ?? new BarrierOptions();
    }

    /// <summary>Raised after the barrier was sealed: drop everything that came out of it.</summary>
    public event EventHandler? Sealed;

    /// <summary>True until unsealed.</summary>
    public bool IsSealed => Volatile.Read(ref session) is null;

    /// <summary>The term that encrypts now.</summary>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public KeyStatus KeyStatus => Open.Budget.Status;

    /// <summary>When a new term starts by itself.</summary>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public RotationConfig Rotation => Open.Keeper.Current.Keyring.Record.Rotation.ToConfig();

    private Session Open => Volatile.Read(ref session) ?? throw new BarrierSealedException();

    /// <summary>The namespace's own data (mount 0).</summary>
    public StorageView System(NamespaceId ns) => new(this, ns, KeyLayout.SystemMount, "");

    /// <summary>The mount table, for engines that use another mount on behalf of one of theirs; null where there are no mounts.</summary>
    internal Func<CancellationToken, ValueTask<MountTable>>? Mounts { get; set; }

    /// <summary>The data of a mount. Commits to it throw <see cref="MountChangedException"/> once the mount is unmounted or converted.</summary>
    public StorageView ForMount(Mount mount) => new(this, mount.Namespace, mount.Id, "", mount.Guard);

    /// <summary>HMAC-SHA256 (32 bytes) under the token-hash key, which rotation keeps.</summary>
    /// <exception cref="BarrierSealedException">Sealed.</exception>
    public void HashToken(ReadOnlySpan<byte> id, Span<byte> hash) => Open.Keeper.Current.Keyring.HashToken(id, hash);

    /// <summary>Encrypts a self-contained token: <c>version | term | nonce | ciphertext | tag</c>, bound to <paramref name="purpose"/>.</summary>
    public async ValueTask<byte[]> EncryptTokenAsync(ReadOnlyMemory<byte> plaintext, string purpose, CancellationToken cancellationToken)
    {
        var snapshot = await Open.Budget.TakeAsync(1, cancellationToken);
        return snapshot.Keyring.Encrypt(plaintext.Span, KeyLayout.Token(NamespaceId.Root, purpose));
    }

    /// <summary>Opens what <see cref="EncryptTokenAsync"/> made on any node; null when it was not made here or was changed.</summary>
    public ValueTask<byte[]?> TryDecryptTokenAsync(ReadOnlyMemory<byte> sealedToken, string purpose, CancellationToken cancellationToken) =>
        Open.Keeper.TryDecryptAsync(sealedToken, KeyLayout.Token(NamespaceId.Root, purpose), cancellationToken);

    /// <summary>Starts a new term: later values are encrypted under a new key, earlier ones stay readable.</summary>
    public Task RotateAsync(CancellationToken cancellationToken) => Open.Budget.RotateAsync(cancellationToken);

    /// <summary>Starts a new term when <see cref="Rotation"/> says so; false when it does not. The leader calls it now and then.</summary>
    public Task<bool> RotateIfDueAsync(CancellationToken cancellationToken) => Open.Budget.RotateIfDueAsync(cancellationToken);

    /// <summary>Sets when a new term starts by itself.</summary>
    /// <param name="change">Makes the new settings of those in force, perhaps several times: what another node sets meanwhile is not overwritten.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Outcome<Nothing>> ConfigureRotationAsync(Func<RotationConfig, RotationConfig> change, CancellationToken cancellationToken)
    {
        Failure? refused = null;
        await Open.Keeper.ChangeKeyringAsync(
            record =>
            {
                var config = change(record.Rotation.ToConfig());
                refused = config.Check();
                return refused is null ? record with { Rotation = RotationRecord.From(config) } : null;
            },
            cancellationToken);
        return refused ?? Outcome.Done;
    }

    /// <summary>Seals this node: wipes its keys and forgets what it has read. Does nothing when it is sealed.</summary>
    public void Seal()
    {
        if (Volatile.Read(ref session) is { } open)
            Seal(open);
    }

    /// <summary>Seals every node, by a mark in the store, and this one in any case: when the store does not take the mark, the others stay unsealed.</summary>
    public async Task SealAllAsync(CancellationToken cancellationToken)
    {
        var open = Open;
        try
        {
            await open.Keeper.MarkSealedAsync(cancellationToken);
        }
        catch (BarrierSealedException)
        {
            // Another node was faster.
        }
        finally
        {
            Seal(open);
        }
    }

    /// <summary>
    /// Follows the store until cancelled: obeys the seal mark and takes over keyrings that other nodes wrote, usually within milliseconds. The host runs it for
    /// as long as it serves; without it, a node notices at its next commit or unknown term.
    /// </summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var head = await store.HeadAsync(cancellationToken);
                await CatchUpAsync(cancellationToken);
                await foreach (var commit in store.WatchAsync(head, cancellationToken))
                {
                    if (commit == WatchEvent.Lost)
                        break;
                    if (commit.Keys.Contains(KeyLayout.State) || commit.Keys.Contains(KeyLayout.RootKeyring))
                        await CatchUpAsync(cancellationToken);
                }
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(WatchPause, time, cancellationToken);
            }
        }
    }

    /// <summary>True when <paramref name="key"/> is the root key in use, also where another node has just replaced it and the watch has not told so yet.</summary>
    internal async Task<bool> IsRootKeyAsync(SecretBytes key, CancellationToken cancellationToken)
    {
        var keeper = Open.Keeper;
        await keeper.RefreshAsync(cancellationToken);
        return keeper.IsRootKey(key.Span);
    }

    /// <summary>See <see cref="KeyringKeeper.ReplaceRootKeyAsync"/>.</summary>
    internal Task<bool> ReplaceRootKeyAsync(SecretBytes next, Precondition sealGuard, byte[] sealRecord, CancellationToken cancellationToken) =>
        Open.Keeper.ReplaceRootKeyAsync(next, sealGuard, sealRecord, cancellationToken);

    /// <summary>Writes a new store's first entries, unless it has some already. The caller unseals afterwards.</summary>
    /// <param name="rootKey">Encrypts the new keyring.</param>
    /// <param name="sealRecord">The entry <c>seal</c>.</param>
    /// <param name="entries">First entries of the root namespace's own data, in clear.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal Task<CommitOutcome> InitializeAsync(
        ReadOnlySpan<byte> rootKey, byte[] sealRecord, IReadOnlyList<(string Path, byte[] Value)> entries, CancellationToken cancellationToken) =>
        LayAsync(Foundation.Lay(rootKey, sealRecord, entries, System(NamespaceId.Root), time), cancellationToken);

    /// <summary>Unseals this node; false when the root key does not open the keyring.</summary>
    internal async Task<bool> UnsealAsync(SecretBytes rootKey, CancellationToken cancellationToken)
    {
        var entries = await BootstrapEntries.ReadAsync(store, cancellationToken);
        Session? opened = null;
        var keeper = KeyringKeeper.TryOpen(store, entries, rootKey.Span, () => Seal(opened));
        if (keeper is null)
            return false;
        opened = new Session(store, keeper, time, options);
        if (Interlocked.CompareExchange(ref session, opened, null) is not null)
        {
            keeper.Dispose();
            return true;
        }
        try
        {
            // A seal mark that was set before this node began to look for one.
            await keeper.RefreshAsync(cancellationToken);
        }
        catch (BarrierSealedException)
        {
            return true;
        }
        catch
        {
            Seal(opened);
            throw;
        }
        return true;
    }

    /// <summary>See <see cref="StorageView.Hash"/>.</summary>
    internal string HashIn(StorageView view, ReadOnlySpan<byte> secret)
    {
        var place = KeyLayout.HashPlace(view);
        var data = new byte[place.Length + secret.Length];
        place.CopyTo(data, 0);
        secret.CopyTo(data.AsSpan(place.Length));
        Span<byte> hash = stackalloc byte[MacKey.MacBytes];
        HashToken(data, hash);
        CryptographicOperations.ZeroMemory(data);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>See <see cref="StorageView.ReachAsync"/>.</summary>
    internal ValueTask ReachAsync(string boundary, CancellationToken ct) => options.Checkpoint?.Invoke(boundary, ct) ?? default;

    internal ValueTask<StoredValue?> ReadAsync(StorageView view, string path, CancellationToken ct) => Open.Reader.ReadAsync(view, path, ct);

    internal ValueTask<IReadOnlyList<StoredValue?>> ReadManyAsync(StorageView view, IReadOnlyList<string> paths, CancellationToken ct) =>
        Open.Reader.ReadManyAsync(view, paths, ct);

    internal ValueTask<StoredRecord<T>?> ReadRecordAsync<T>(StorageView view, string path, JsonTypeInfo<T> type, CancellationToken ct)
        where T : class => Open.Reader.ReadRecordAsync(view, path, type, ct);

    internal ValueTask<IReadOnlyList<string>> ListAsync(StorageView view, string after, int limit, CancellationToken ct) =>
        Open.Reader.ListAsync(view, after, limit, ct);

    internal ValueTask<IReadOnlyList<string>> ScanAsync(StorageView view, string after, int limit, CancellationToken ct) =>
        Open.Reader.ScanAsync(view, after, limit, ct);

    internal ValueTask<IReadOnlyList<KeyValuePair<string, StoredValue>>> RangeAsync(
        StorageView view, string prefix, string after, int limit, CancellationToken ct) => Open.Reader.RangeAsync(view, prefix, after, limit, ct);

    internal ValueTask<CommitOutcome> CommitAsync(Transaction transaction, CancellationToken ct) => Open.Writer.CommitAsync(transaction, ct);

    // A foundation whose answer was lost may still arrive. The same once more either meets it or keeps it out, so that what is read then stays true.
    private async Task<CommitOutcome> LayAsync(StoreTransaction foundation, CancellationToken cancellationToken)
    {
        var outcome = await store.CommitAsync(foundation, cancellationToken);
        if (outcome.Kind != CommitKind.Unknown)
            return outcome;
        var again = await store.CommitAsync(foundation, cancellationToken);
        // What stands in its way may be the first.
        return again.Kind == CommitKind.Conflict ? CommitOutcome.Unknown : again;
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref session) is not { } open)
            return;
        try
        {
            await open.Keeper.RefreshAsync(cancellationToken);
        }
        catch (BarrierSealedException)
        {
            // Sealed by the mark or meanwhile; either way there is nothing left to catch up with.
        }
        catch (BarrierIntegrityException)
        {
            // This is no longer the store that was unsealed, or its keyring is under a new root key: answer nothing more from it.
            Seal(open);
        }
    }

    // Ends one span only: what notices a seal mark late must not end the span that an operator has begun since.
    private void Seal(Session? open)
    {
        if (open is null || Interlocked.CompareExchange(ref session, null, open) != open)
            return;
        open.Dispose();
        Sealed?.Invoke(this, EventArgs.Empty);
    }

    /// <summary>What exists only while the barrier is unsealed.</summary>
    private sealed class Session : IDisposable
    {
        private readonly RecordMemo memo;

        public Session(IStore store, KeyringKeeper keeper, TimeProvider time, BarrierOptions options)
        {
            Keeper = keeper;
            Budget = new EncryptionBudget(keeper, time, options.ReservationBlock);
            memo = new RecordMemo(options.RecordMemoBytes);
            Reader = new EntryReader(store, keeper, memo);
            Writer = new EntryWriter(store, keeper, Budget, memo);
        }

        public KeyringKeeper Keeper { get; }

        public EncryptionBudget Budget { get; }

        public EntryReader Reader { get; }

        public EntryWriter Writer { get; }

        public void Dispose()
        {
            Keeper.Dispose();
            memo.Dispose();
        }
    }
}
