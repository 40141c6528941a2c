using Kist.Core.Barrier;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Seals;

public class SealManagerTests
{
    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task A_new_server_says_that_it_is_not_initialised()
    {
        var node = builder.SealedNode();
        var status = await node.Seals.StatusAsync(default);
        Assert.Equal(new SealStatus { Type = "shamir", Initialized = false, Sealed = true }, status);
        using var share = SecretBytes.Random(33);
        Assert.Equal("seal.not_initialized", (await node.Seals.UnsealAsync(share, default)).Failure!.Code);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(5, 3)]
    [InlineData(255, 255)]
    public async Task Initialisation_gives_shares_of_which_the_threshold_unseals(int shares, int threshold)
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, shares, threshold);
        Assert.Equal(shares, keys.Count);
        Assert.True(node.Barrier.IsSealed);
        for (var i = 0; i < threshold; i++)
        {
            Assert.True(node.Barrier.IsSealed);
            var status = (await node.Seals.UnsealAsync(keys[^(i + 1)], default)).Value;
            var last = i == threshold - 1;
            Assert.Equal((shares, threshold, last ? 0 : i + 1, !last), (status.Shares, status.Threshold, status.Progress, status.Sealed));
        }
        await node.View.WriteAsync("a", "1");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(256, 3)]
    [InlineData(3, 4)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(-1, -1)]
    public async Task Counts_that_make_no_sense_are_refused_and_change_nothing(int shares, int threshold)
    {
        var node = builder.SealedNode();
        var outcome = await node.Seals.InitializeAsync(shares, threshold, static _ => Task.CompletedTask, default);
        Assert.Equal(FailureKind.Invalid, outcome.Failure!.Kind);
        Assert.Equal(0, await builder.Store.HeadAsync(default));
    }

    [Fact]
    public async Task What_initialisation_sets_up_is_there_after_unsealing()
    {
        var node = builder.SealedNode();
        var outcome = await node.Seals.InitializeAsync(3, 2, async _ => await node.View.WriteAsync("made", "at init"), default);
        await node.Seals.UnsealAsync(outcome.Value.Shares[0], default);
        await node.Seals.UnsealAsync(outcome.Value.Shares[1], default);
        Assert.Equal("at init", await node.View.ReadTextAsync("made"));
    }

    [Fact]
    public async Task Shares_are_answered_and_the_node_is_sealed_when_the_set_up_fails()
    {
        var node = builder.SealedNode();
        var made = (await node.Seals.InitializeAsync(3, 2, static _ => throw new FormatException(), default)).Value;
        Assert.IsType<FormatException>(made.Trouble);
        Assert.True(node.Barrier.IsSealed);
        await node.Seals.UnsealAsync(made.Shares[0], default);
        Assert.False((await node.Seals.UnsealAsync(made.Shares[2], default)).Value.Sealed);
    }

    [Fact]
    public async Task Shares_are_answered_when_the_store_is_lost_right_after_it_took_the_keyring()
    {
        var store = new HookedStore(builder.Store);
        store.OnCommit = async (_, commit) =>
        {
            store.OnRange = static _ => throw new StoreUnavailableException("gone");
            await commit();
            throw new StoreUnavailableException("the answer was lost");
        };
        var made = (await builder.SealedNode(_ => store).Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default)).Value;
        Assert.IsType<StoreUnavailableException>(made.Trouble);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(made.Shares[0], default)).Value.Sealed);
    }

    [Fact]
    public async Task An_initialisation_that_the_store_refuses_is_a_failure_and_can_be_tried_again()
    {
        var store = new HookedStore(builder.Store) { OnCommit = static (_, _) => throw new StoreUnavailableException("disk full") };
        var node = builder.SealedNode(_ => store);
        Assert.Equal("seal.initialization_lost", (await node.Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default)).Failure!.Code);
        store.OnCommit = static (_, commit) => commit();
        Assert.Null((await node.Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default)).Value.Trouble);
    }

    [Fact]
    public async Task A_foundation_that_arrives_late_is_met_by_the_second_attempt()
    {
        var store = new HookedStore(builder.Store);
        store.OnCommit = (_, first) =>
        {
            store.OnCommit = async (_, second) =>
            {
                await first();
                return await second();
            };
            return new(CommitOutcome.Unknown);
        };
        var made = (await builder.SealedNode(_ => store).Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default)).Value;
        Assert.Null(made.Trouble);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(made.Shares[0], default)).Value.Sealed);
    }

    [Fact]
    public async Task A_second_initialisation_is_refused_and_the_first_keys_stay_valid()
    {
        var node = await builder.NodeAsync();
        await node.View.WriteAsync("a", "1");
        var other = builder.SealedNode();
        var outcome = await other.Seals.InitializeAsync(3, 2, static _ => throw new InvalidOperationException("must not run"), default);
        Assert.Equal("seal.initialized", outcome.Failure!.Code);
        Assert.Equal("1", await (await builder.NodeAsync()).View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task Whoever_loses_the_race_to_initialise_gets_no_shares_though_the_store_fails_next()
    {
        var store = new HookedStore(builder.Store);
        store.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, commit) => commit();
            await builder.NodeAsync();
            var lost = await commit();
            store.OnRange = static _ => throw new StoreUnavailableException("gone");
            store.BeforeGet = static () => throw new StoreUnavailableException("gone");
            return lost;
        };
        var outcome = await builder.SealedNode(_ => store).Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default);
        Assert.Equal("seal.initialized", outcome.Failure?.Code);
    }

    [Fact]
    public async Task Of_nodes_that_initialise_at_once_one_wins_and_its_shares_unseal_them_all()
    {
        for (var round = 0; round < 20; round++)
        {
            var racing = new BarrierBuilder();
            var nodes = Enumerable.Range(0, 4).Select(_ => racing.SealedNode()).ToArray();
            var outcomes = await Task.WhenAll(nodes.Select(
                node => Task.Run(() => node.Seals.InitializeAsync(2, 2, static _ => Task.CompletedTask, default))));
            var winner = Assert.Single(outcomes, outcome => outcome.Succeeded);
            Assert.All(outcomes.Where(outcome => !outcome.Succeeded), outcome => Assert.Equal("seal.initialized", outcome.Failure!.Code));
            foreach (var node in nodes)
            {
                await node.Seals.UnsealAsync(winner.Value.Shares[0], default);
                await node.Seals.UnsealAsync(winner.Value.Shares[1], default);
                Assert.False(node.Barrier.IsSealed);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_initialisation_whose_answer_was_lost_is_found_out(bool happened)
    {
        var node = builder.SealedNode(inner => new HookedStore(inner)
        {
            OnCommit = async (_, commit) =>
            {
                if (happened)
                    await commit();
                return CommitOutcome.Unknown;
            },
        });
        var outcome = await node.Seals.InitializeAsync(1, 1, static _ => Task.CompletedTask, default);
        Assert.Equal(happened, outcome.Succeeded);
        if (!happened)
            Assert.Equal("seal.initialization_lost", outcome.Failure!.Code);
        Assert.Equal(happened, (await node.Seals.StatusAsync(default)).Initialized);
    }

    [Fact]
    public async Task The_same_share_twice_counts_once()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 3, 3);
        await node.Seals.UnsealAsync(keys[0], default);
        var nonce = (await node.Seals.StatusAsync(default)).Nonce;
        var status = (await node.Seals.UnsealAsync(keys[0], default)).Value;
        Assert.Equal((1, nonce), (status.Progress, status.Nonce));
        Assert.NotEmpty(nonce);
    }

    [Fact]
    public async Task A_reset_forgets_the_shares_and_the_next_attempt_has_another_nonce()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 3, 2);
        var first = (await node.Seals.UnsealAsync(keys[0], default)).Value.Nonce;
        node.Seals.ResetUnseal();
        Assert.Equal((0, ""), ((await node.Seals.StatusAsync(default)).Progress, (await node.Seals.StatusAsync(default)).Nonce));
        var second = (await node.Seals.UnsealAsync(keys[1], default)).Value;
        Assert.Equal((1, true), (second.Progress, second.Sealed));
        Assert.NotEqual(first, second.Nonce);
    }

    [Fact]
    public async Task A_wrong_share_ends_in_a_clear_failure_and_fresh_progress()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 3, 2);
        var wrong = keys[0].Span.ToArray();
        wrong[5] ^= 1;
        using var share = new SecretBytes(wrong);
        await node.Seals.UnsealAsync(share, default);
        var outcome = await node.Seals.UnsealAsync(keys[1], default);
        Assert.Equal("seal.wrong_shares", outcome.Failure!.Code);
        Assert.Equal(0, (await node.Seals.StatusAsync(default)).Progress);

        await node.Seals.UnsealAsync(keys[0], default);
        Assert.False((await node.Seals.UnsealAsync(keys[1], default)).Value.Sealed);
    }

    [Fact]
    public async Task Shares_of_two_servers_do_not_mix()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 255, 2);
        var others = await InitializeAsync(new BarrierBuilder().SealedNode(), 255, 2);
        await node.Seals.UnsealAsync(keys[0], default);
        var foreign = others.First(share => share.Span[^1] != keys[0].Span[^1]);
        Assert.Equal("seal.wrong_shares", (await node.Seals.UnsealAsync(foreign, default)).Failure!.Code);

        await node.Seals.UnsealAsync(keys[0], default);
        var contradiction = others.First(share => share.Span[^1] == keys[0].Span[^1]);
        Assert.Equal("seal.share_conflict", (await node.Seals.UnsealAsync(contradiction, default)).Failure!.Code);
        Assert.True(node.Barrier.IsSealed);
        Assert.Equal(0, (await node.Seals.StatusAsync(default)).Progress);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(34)]
    public async Task A_malformed_share_is_refused_and_the_progress_kept(int length)
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 3, 2);
        await node.Seals.UnsealAsync(keys[0], default);
        using var malformed = SecretBytes.Random(length);
        Assert.Equal("seal.share_malformed", (await node.Seals.UnsealAsync(malformed, default)).Failure!.Code);
        Assert.Equal(1, (await node.Seals.StatusAsync(default)).Progress);
        Assert.False((await node.Seals.UnsealAsync(keys[1], default)).Value.Sealed);
    }

    [Fact]
    public async Task A_share_on_an_unsealed_node_does_nothing()
    {
        var node = await builder.NodeAsync();
        using var share = SecretBytes.Random(33);
        var status = (await node.Seals.UnsealAsync(share, default)).Value;
        Assert.Equal((false, 0), (status.Sealed, status.Progress));
    }

    [Fact]
    public async Task Shares_given_at_once_unseal()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 10, 5);
        var outcomes = await Task.WhenAll(keys.Select(key => Task.Run(() => node.Seals.UnsealAsync(key, default))));
        Assert.All(outcomes, outcome => Assert.True(outcome.Succeeded));
        Assert.False(node.Barrier.IsSealed);
    }

    [Fact]
    public async Task No_failure_status_or_stored_byte_holds_a_share()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 1, 1);
        using var wrong = SecretBytes.Random(32);
        var failure = (await node.Seals.UnsealAsync(wrong, default)).Failure!;
        Assert.DoesNotContain(Convert.ToHexString(wrong.Span), failure.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToBase64String(wrong.Span), failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("[redacted]", $"{keys[0]}", StringComparison.Ordinal);
        await foreach (var entry in builder.Store.ExportAsync(default))
        {
            Assert.Equal(-1, entry.Value.Span.IndexOf(keys[0].Span));
            Assert.Equal(-1, entry.Value.Span.IndexOf(System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(keys[0].Span))));
        }
    }

    [Theory]
    [InlineData("""{"schema":1,"type":"shamir","shares":3,"threshold":0}""")]
    [InlineData("""{"schema":9,"type":"shamir","shares":3,"threshold":2}""")]
    [InlineData("not json")]
    public async Task A_seal_entry_that_was_changed_is_named(string json)
    {
        var node = builder.SealedNode();
        await InitializeAsync(node, 3, 2);
        await builder.Store.CommitAsync(
            new StoreTransaction([], [new StoreChange(KeyLayout.Seal, System.Text.Encoding.UTF8.GetBytes(json))]), default);
        var refusal = await Assert.ThrowsAsync<BarrierIntegrityException>(() => node.Seals.StatusAsync(default));
        Assert.Contains("\"seal\"", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_quorum_proves_the_root_key_and_a_wrong_one_does_not()
    {
        var node = builder.SealedNode();
        var keys = await InitializeAsync(node, 3, 2);
        await node.Seals.UnsealAsync(keys[0], default);
        await node.Seals.UnsealAsync(keys[1], default);
        using var collector = new ShareCollector();
        Assert.False((await node.Seals.ProvideShareAsync(collector, keys[2], default)).Value);
        Assert.True((await node.Seals.ProvideShareAsync(collector, keys[0], default)).Value);
        Assert.Equal(0, collector.Progress);

        using var wrong = new SecretBytes([.. new byte[32], 200]);
        await node.Seals.ProvideShareAsync(collector, wrong, default);
        Assert.Equal("seal.wrong_shares", (await node.Seals.ProvideShareAsync(collector, keys[0], default)).Failure!.Code);
    }

    [Fact]
    public async Task Shares_that_another_node_has_just_replaced_prove_nothing_here()
    {
        var node = await builder.NodeAsync();
        var other = await builder.NodeAsync();
        await RekeyAsync(node, builder.Shares);
        using var collector = new ShareCollector();
        await other.Seals.ProvideShareAsync(collector, builder.Shares[0], default);
        Assert.Equal("seal.wrong_shares", (await other.Seals.ProvideShareAsync(collector, builder.Shares[1], default)).Failure!.Code);
    }

    [Fact]
    public async Task Recovery_shares_that_another_node_has_just_replaced_prove_nothing_here()
    {
        using var key = SecretBytes.Random(32);
        var seal = new StaticSeal(new StaticSealKey("a", key));
        var node = builder.SealedNode(autoSeal: seal);
        var old = (await node.Seals.InitializeAsync(3, 2, static _ => Task.CompletedTask, default)).Value.Shares;

        // Its cache stays fresh by its own clock, and no watch tells it of the rekey.
        var clock = new ManualClock();
        await using var store = new GatedStore(builder.Store);
        store.Watched.Close();
        await using var cache = new CachedStore(store, clock: clock);
        var other = builder.SealedNode(_ => cache, seal);
        Assert.True((await other.Seals.AutoUnsealAsync(default)).Succeeded);
        await Eventually.HoldsAsync(clock, () => cache.IsFresh);
        using var collector = new ShareCollector();
        await other.Seals.ProvideShareAsync(collector, old[0], default);
        Assert.True((await other.Seals.ProvideShareAsync(collector, old[1], default)).Value);
        _ = await other.View.ReadTextAsync(RecoveryRecord.Path);
        Assert.True(cache.TryGetFresh(KeyLayout.Entry(KeyLayout.FirstGeneration, other.View, RecoveryRecord.Path), out _));

        await RekeyAsync(node, old);
        await other.Seals.ProvideShareAsync(collector, old[0], default);
        Assert.Equal("seal.wrong_shares", (await other.Seals.ProvideShareAsync(collector, old[1], default)).Failure!.Code);
    }

    private static async Task RekeyAsync(BarrierNode node, IReadOnlyList<SecretBytes> old)
    {
        var nonce = node.Rekey.Start(3, 2, false).Value.Nonce;
        await node.Rekey.ProvideAsync(old[0], nonce, default);
        Assert.True((await node.Rekey.ProvideAsync(old[1], nonce, default)).Value.Confirmed);
    }

    private static async Task<IReadOnlyList<SecretBytes>> InitializeAsync(BarrierNode node, int shares, int threshold)
    {
        var outcome = await node.Seals.InitializeAsync(shares, threshold, static _ => Task.CompletedTask, default);
        Assert.False(outcome.Value.AreRecoveryShares);
        return outcome.Value.Shares;
    }
}
