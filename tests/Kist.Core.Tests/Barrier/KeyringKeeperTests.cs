using System.Text;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Barrier;

public class KeyringKeeperTests
{
    private static readonly StoreKey Place = Tx.Key("a place that has some bytes");
    private static readonly byte[] RootKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public async Task Disposal_wipes_every_key()
    {
        await using var store = new MemoryStore();
        var keeper = await OpenAsync(store);
        var secrets = keeper.Current.Keyring.Record.Secrets.ToArray();
        var keyring = keeper.Current.Keyring;
        Assert.Equal(2, secrets.Length);
        keeper.Dispose();
        Assert.All(secrets, secret => Assert.Throws<ObjectDisposedException>(() => secret.Span.Length));
        Assert.Throws<BarrierSealedException>(() => keyring.Encrypt("value"u8, Place));
        Assert.Throws<BarrierSealedException>(() => keyring.HashToken("id"u8, new byte[32]));
        Assert.False(keeper.IsRootKey(RootKey));
        await Assert.ThrowsAsync<BarrierSealedException>(() => keeper.ChangeKeyringAsync(record => record, default));
    }

    [Fact]
    public async Task Stored_bytes_contain_no_key_of_the_keyring()
    {
        await using var store = new MemoryStore();
        using var keeper = await OpenAsync(store);
        await keeper.ChangeKeyringAsync(record => record with { Terms = [.. record.Terms, TermRecord.New(2, TimeProvider.System)] }, default);
        await foreach (var entry in store.ExportAsync(default))
        {
            foreach (var secret in keeper.Current.Keyring.Record.Secrets)
            {
                Assert.Equal(-1, entry.Value.Span.IndexOf(secret.Span));
                Assert.Equal(-1, entry.Value.Span.IndexOf(Encoding.ASCII.GetBytes(Convert.ToBase64String(secret.Span))));
            }
        }
    }

    [Fact]
    public async Task Keys_that_a_reload_replaced_are_wiped_and_the_taken_over_ciphers_still_work()
    {
        await using var store = new MemoryStore();
        using var one = await OpenAsync(store);
        using var two = await OpenAsync(store);
        var before = two.Current;
        var value = before.Keyring.Encrypt("value"u8, Place);
        await one.ChangeKeyringAsync(record => record with { Encryptions = 5 }, default);
        var after = await two.RefreshAsync(default);
        Assert.All(before.Keyring.Record.Secrets, secret => Assert.Throws<ObjectDisposedException>(() => secret.Span.Length));
        Assert.Equal(DecryptStatus.Decrypted, before.Keyring.TryDecrypt(value, Place, out _));
        Assert.Equal(DecryptStatus.Decrypted, after.Keyring.TryDecrypt(value, Place, out _));
    }

    [Fact]
    public async Task A_restored_keyring_with_other_keys_under_known_terms_is_taken_over()
    {
        await using var store = new MemoryStore();
        using var keeper = await OpenAsync(store);
        var old = keeper.Current.Keyring.Encrypt("value"u8, Place);
        using var rootCipher = new AeadKey(RootKey);
        var other = KeyringCodec.Encrypt(KeyringRecord.New(TimeProvider.System), rootCipher, KeyLayout.RootKeyring);
        await store.CommitAsync(new StoreTransaction([], [new StoreChange(KeyLayout.RootKeyring, other)]), default);
        var restored = await keeper.RefreshAsync(default);
        Assert.Equal(DecryptStatus.Damaged, restored.Keyring.TryDecrypt(old, Place, out _));
        var value = restored.Keyring.Encrypt("value"u8, Place);
        Assert.Equal(DecryptStatus.Decrypted, restored.Keyring.TryDecrypt(value, Place, out _));
    }

    [Fact]
    public async Task A_refresh_without_news_answers_the_same_snapshot()
    {
        await using var store = new MemoryStore();
        using var keeper = await OpenAsync(store);
        var first = keeper.Current;
        Assert.Same(first, await keeper.RefreshAsync(default));
    }

    [Fact]
    public async Task Refreshes_that_wait_for_each_other_share_one_reading_that_began_after_them()
    {
        await using var inner = new MemoryStore();
        var store = new HookedStore(inner);
        using var keeper = await OpenAsync(store);
        var (entered, release, readings) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        store.OnRange = async range =>
        {
            var result = await range();
            if (++readings == 1)
            {
                entered.SetResult();
                await release.Task;
            }
            return result;
        };
        var early = keeper.RefreshAsync(default);
        await entered.Task;

        // The first reading has its answer already and cannot know of this change.
        using var other = await OpenAsync(inner);
        await other.ChangeKeyringAsync(record => record with { Encryptions = 7 }, default);
        var late = Enumerable.Range(0, 10).Select(_ => keeper.RefreshAsync(default)).ToArray();
        release.SetResult();
        await early;
        Assert.All(await Task.WhenAll(late), snapshot => Assert.Equal(7, snapshot.Keyring.Record.Encryptions));
        Assert.Equal(2, readings);
    }

    [Fact]
    public async Task A_reading_that_failed_is_not_shared()
    {
        await using var inner = new MemoryStore();
        var store = new HookedStore(inner);
        using var keeper = await OpenAsync(store);
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        store.OnRange = async _ =>
        {
            store.OnRange = static async _ =>
            {
                await Task.Yield();
                throw new StoreUnavailableException("cut off");
            };
            entered.SetResult();
            await release.Task;
            throw new StoreUnavailableException("cut off");
        };
        var early = keeper.RefreshAsync(default);
        await entered.Task;
        var late = Enumerable.Range(0, 3).Select(_ => keeper.RefreshAsync(default)).ToArray();
        release.SetResult();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => early);
        foreach (var refresh in late)
            await Assert.ThrowsAsync<StoreUnavailableException>(() => refresh);
    }

    [Fact]
    public async Task A_change_that_loses_the_race_is_decided_again_from_what_won()
    {
        await using var store = new MemoryStore();
        using var one = await OpenAsync(store);
        using var two = await OpenAsync(store);
        await one.ChangeKeyringAsync(record => record with { Encryptions = record.Encryptions + 1 }, default);
        var seen = new List<long>();
        var changed = await two.ChangeKeyringAsync(
            record =>
            {
                seen.Add(record.Encryptions);
                return record with { Encryptions = record.Encryptions + 10 };
            },
            default);
        Assert.Equal([0L, 1L], seen);
        Assert.Equal(11, changed.Keyring.Record.Encryptions);
    }

    [Fact]
    public async Task A_wrong_root_key_opens_nothing()
    {
        await using var store = new MemoryStore();
        using var keeper = await OpenAsync(store);
        var entries = await BootstrapEntries.ReadAsync(store, default);
        Assert.Null(KeyringKeeper.TryOpen(store, entries, new byte[32], static () => { }));
        Assert.True(keeper.IsRootKey(RootKey));
        Assert.False(keeper.IsRootKey(new byte[32]));
    }

    [Theory]
    [InlineData("state")]
    [InlineData("seal")]
    [InlineData("keyring")]
    public async Task A_store_that_lost_a_bootstrap_entry_is_named_as_damaged_and_not_taken_for_new(string lost)
    {
        await using var store = new MemoryStore();
        using var keeper = await OpenAsync(store);
        StoreKey[] keys = [KeyLayout.State, KeyLayout.Seal, KeyLayout.RootKeyring];
        var key = keys.Single(candidate => KeyLayout.Describe(candidate).Contains($"\"{lost}\"", StringComparison.Ordinal));
        await store.CommitAsync(new StoreTransaction([], [new StoreChange(key, null)]), default);
        var entries = await BootstrapEntries.ReadAsync(store, default);
        var refusal = Assert.Throws<BarrierIntegrityException>(() => entries.IsInitialized);
        Assert.Contains($"\"{lost}\"", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<KeyringKeeper> OpenAsync(IStore store)
    {
        var barrier = new BarrierStore(store, TimeProvider.System);
        await barrier.InitializeAsync(RootKey, "{}"u8.ToArray(), [], default);
        return KeyringKeeper.TryOpen(store, await BootstrapEntries.ReadAsync(store, default), RootKey, static () => { })!;
    }
}
