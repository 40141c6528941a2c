using System.Text;
using Kist.Core.Barrier;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Crypto;

namespace Kist.Core.Tests.Seals;

public class StaticSealTests
{
    private readonly BarrierBuilder builder = new();
    private readonly StaticSealKey first = Key("first");
    private readonly StaticSealKey second = Key("second");

    [Fact]
    public async Task A_server_with_a_static_seal_is_unsealed_by_initialisation_and_by_each_start()
    {
        var node = builder.SealedNode(autoSeal: new StaticSeal(first));
        var shares = (await InitializeAsync(node)).Value;
        Assert.True(shares.AreRecoveryShares);
        Assert.False(node.Barrier.IsSealed);
        await node.View.WriteAsync("a", "1");

        var restarted = builder.SealedNode(autoSeal: new StaticSeal(first));
        Assert.True((await restarted.Seals.AutoUnsealAsync(default)).Succeeded);
        Assert.Equal("1", await restarted.View.ReadTextAsync("a"));
        Assert.Equal(
            new SealStatus { Type = "static", Initialized = true, Sealed = false, Shares = 3, Threshold = 2, RecoverySeal = true },
            await restarted.Seals.StatusAsync(default));
    }

    [Fact]
    public async Task Another_key_of_the_same_name_is_told_from_damage()
    {
        await InitializeAsync(builder.SealedNode(autoSeal: new StaticSeal(first)));
        var node = builder.SealedNode(autoSeal: new StaticSeal(Key("first")));
        Assert.Equal("seal.wrong_key", (await node.Seals.AutoUnsealAsync(default)).Failure!.Code);
        Assert.True(node.Barrier.IsSealed);
    }

    [Fact]
    public async Task A_key_of_another_name_is_told_with_the_name_that_is_needed()
    {
        await InitializeAsync(builder.SealedNode(autoSeal: new StaticSeal(first)));
        var failure = (await builder.SealedNode(autoSeal: new StaticSeal(second)).Seals.AutoUnsealAsync(default)).Failure!;
        Assert.Equal("seal.unknown_key", failure.Code);
        Assert.Contains("\"first\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_is_changed_by_a_start_with_the_old_one_as_previous()
    {
        await InitializeAsync(builder.SealedNode(autoSeal: new StaticSeal(first)));
        Assert.True((await builder.SealedNode(autoSeal: new StaticSeal(second, first)).Seals.AutoUnsealAsync(default)).Succeeded);

        var onlyNew = builder.SealedNode(autoSeal: new StaticSeal(second));
        Assert.True((await onlyNew.Seals.AutoUnsealAsync(default)).Succeeded);
        Assert.Equal("seal.unknown_key", (await builder.SealedNode(autoSeal: new StaticSeal(first)).Seals.AutoUnsealAsync(default)).Failure!.Code);
    }

    [Fact]
    public async Task A_store_that_takes_no_change_of_key_is_unsealed_all_the_same_and_changes_at_the_next_start()
    {
        await InitializeAsync(builder.SealedNode(autoSeal: new StaticSeal(first)));
        var full = new HookedStore(builder.Store) { OnCommit = static (_, _) => throw new StoreUnavailableException("disk full") };
        var barrier = new BarrierStore(full, builder.Clock);
        var problems = new List<string>();
        var seals = new SealManager(full, barrier, new StaticSeal(second, first)) { Problem = problems.Add };
        Assert.True((await seals.AutoUnsealAsync(default)).Succeeded);
        Assert.False(barrier.IsSealed);
        Assert.Contains("disk full", Assert.Single(problems), StringComparison.Ordinal);

        Assert.True((await builder.SealedNode(autoSeal: new StaticSeal(second, first)).Seals.AutoUnsealAsync(default)).Succeeded);
        Assert.True((await builder.SealedNode(autoSeal: new StaticSeal(second)).Seals.AutoUnsealAsync(default)).Succeeded);
    }

    [Fact]
    public async Task A_changed_wrapped_key_is_told()
    {
        await InitializeAsync(builder.SealedNode(autoSeal: new StaticSeal(first)));
        var entry = (await SealEntry.ReadAsync(builder.Store, default))!;
        var wrapped = entry.Record.RootKey!;
        wrapped.Ciphertext[20] ^= 1;
        await builder.Store.CommitAsync(new StoreTransaction([], [new StoreChange(KeyLayout.Seal, SealEntry.Encode(entry.Record))]), default);
        Assert.Equal("seal.damaged", (await builder.SealedNode(autoSeal: new StaticSeal(first)).Seals.AutoUnsealAsync(default)).Failure!.Code);
    }

    [Fact]
    public async Task A_store_sealed_by_shares_does_not_open_to_a_static_seal_nor_the_other_way_round()
    {
        await builder.NodeAsync();
        var auto = builder.SealedNode(autoSeal: new StaticSeal(first));
        Assert.Equal("seal.type", (await auto.Seals.AutoUnsealAsync(default)).Failure!.Code);

        var other = new BarrierBuilder();
        var recovery = (await InitializeAsync(other.SealedNode(autoSeal: new StaticSeal(first)))).Value;
        var manual = other.SealedNode();
        Assert.Equal("seal.auto_unseal", (await manual.Seals.UnsealAsync(recovery.Shares[0], default)).Failure!.Code);
        Assert.Equal("seal.type", (await manual.Seals.AutoUnsealAsync(default)).Failure!.Code);
    }

    [Fact]
    public async Task A_new_store_is_not_unsealed_but_told_to_be_new() => Assert.Equal(
        FailureKind.NotInitialized, (await builder.SealedNode(autoSeal: new StaticSeal(first)).Seals.AutoUnsealAsync(default)).Failure!.Kind);

    [Fact]
    public async Task Recovery_shares_prove_operators()
    {
        var node = builder.SealedNode(autoSeal: new StaticSeal(first));
        var shares = (await InitializeAsync(node)).Value.Shares;
        using var collector = new ShareCollector();
        Assert.False((await node.Seals.ProvideShareAsync(collector, shares[0], default)).Value);
        Assert.True((await node.Seals.ProvideShareAsync(collector, shares[2], default)).Value);
        using var wrong = SecretBytes.Random(33);
        await node.Seals.ProvideShareAsync(collector, shares[0], default);
        Assert.False((await node.Seals.ProvideShareAsync(collector, wrong, default)).Succeeded);
    }

    [Fact]
    public async Task A_lowered_threshold_in_the_store_lowers_no_quorum()
    {
        var node = builder.SealedNode(autoSeal: new StaticSeal(first));
        var shares = (await InitializeAsync(node)).Value.Shares;
        var entry = (await SealEntry.ReadAsync(builder.Store, default))!;
        var lowered = SealEntry.Encode(entry.Record with { Shares = 1, Threshold = 1 });
        await builder.Store.CommitAsync(new StoreTransaction([], [new StoreChange(KeyLayout.Seal, lowered)]), default);
        using var collector = new ShareCollector();
        using var chosen = SecretBytes.Random(32);
        Assert.False((await node.Seals.ProvideShareAsync(collector, chosen, default)).Succeeded);
        Assert.False((await node.Seals.ProvideShareAsync(collector, shares[0], default)).Value);
    }

    [Fact]
    public async Task The_store_holds_neither_the_seal_key_nor_the_root_key()
    {
        var node = builder.SealedNode(autoSeal: new StaticSeal(first));
        await InitializeAsync(node);
        var wrapped = (await SealEntry.ReadAsync(builder.Store, default))!.Record.RootKey!.ToKey();
        using var rootKey = (await new StaticSeal(first).UnwrapAsync(wrapped, default)).Value;
        foreach (var key in new[] { first.Key, rootKey })
        {
            await foreach (var entry in builder.Store.ExportAsync(default))
            {
                Assert.Equal(-1, entry.Value.Span.IndexOf(key.Span));
                Assert.DoesNotContain(Convert.ToBase64String(key.Span), Encoding.UTF8.GetString(entry.Value.Span), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Keys_that_are_no_pair_of_keys_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new StaticSeal(new StaticSealKey("short", SecretBytes.Random(16))));
        Assert.Throws<ArgumentException>(() => new StaticSeal(new StaticSealKey("", SecretBytes.Random(32))));
        Assert.Throws<ArgumentException>(() => new StaticSeal(first, Key("first")));
        Assert.DoesNotContain(Convert.ToHexString(first.Key.Span), first.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_seal_record_is_written_as_schema_1()
    {
        var shamir = new SealRecord { Type = "shamir", Shares = 5, Threshold = 3 };
        Assert.Equal("""{"schema":1,"type":"shamir","shares":5,"threshold":3}""", Encoding.UTF8.GetString(SealEntry.Encode(shamir)));
        var wrapped = shamir with { Type = "static", RootKey = new WrappedKeyRecord { KeyId = "a", KeyCheck = "0102", Ciphertext = [1, 2, 3] } };
        Assert.Equal(
            """{"schema":1,"type":"static","shares":5,"threshold":3,"root_key":{"key_id":"a","key_check":"0102","ciphertext":"AQID"}}""",
            Encoding.UTF8.GetString(SealEntry.Encode(wrapped)));
        Assert.Equal(
            """{"schema":1,"shares":5,"threshold":3,"key_hash":"AQID"}""",
            Encoding.UTF8.GetString(new RecoveryRecord { Shares = 5, Threshold = 3, KeyHash = [1, 2, 3] }.Encode()));
    }

    [Fact]
    public async Task A_root_key_wrapped_by_an_earlier_version_is_unwrapped()
    {
        using var key = new SecretBytes([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        var seal = new StaticSeal(new StaticSealKey("golden", key));
        var unwrapped = await seal.UnwrapAsync(Golden.Wrapped, default);
        Assert.Equal(Golden.RootKey, Convert.ToHexStringLower(unwrapped.Value.Span));
    }

    private static Task<Outcome<OperatorShares>> InitializeAsync(BarrierNode node) =>
        node.Seals.InitializeAsync(3, 2, static _ => Task.CompletedTask, default);

    private static StaticSealKey Key(string id) => new(id, SecretBytes.Random(32));

    private static class Golden
    {
        public const string RootKey = "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283";

        public static WrappedKey Wrapped { get; } = new("golden", "123ccca648db35cf", Convert.FromHexString(
            "01000000000102030405060708090a0b0c"
            + "618f3cb284fd9aed20cf0d286062985b36369789ef142abedd22875b1e37f4467e3c37771a2c86ab61052d856f184676"));
    }
}
