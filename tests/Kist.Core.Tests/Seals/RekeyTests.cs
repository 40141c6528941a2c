using Kist.Core.Barrier;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Crypto;

namespace Kist.Core.Tests.Seals;

public class RekeyTests
{
    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task New_shares_unseal_and_old_ones_no_longer_do()
    {
        var (node, old) = await UnsealedAsync();
        await node.View.WriteAsync("a", "1");
        var shares = await RekeyAsync(node, old, 5, 3);
        Assert.Equal(5, shares.Shares.Count);
        Assert.False(shares.AreRecoveryShares);
        await node.View.WriteAsync("b", "2");

        var restarted = builder.SealedNode();
        var status = await restarted.Seals.StatusAsync(default);
        Assert.Equal((5, 3), (status.Shares, status.Threshold));
        foreach (var share in shares.Shares.Skip(2))
            await restarted.Seals.UnsealAsync(share, default);
        Assert.Equal(("1", "2"), (await restarted.View.ReadTextAsync("a"), await restarted.View.ReadTextAsync("b")));
    }

    [Fact]
    public async Task Old_shares_in_any_number_unseal_nothing_after_a_rekey_with_equal_counts()
    {
        var (node, old) = await UnsealedAsync();
        await RekeyAsync(node, old, 3, 2);
        var restarted = builder.SealedNode();
        await restarted.Seals.UnsealAsync(old[0], default);
        Assert.Equal("seal.wrong_shares", (await restarted.Seals.UnsealAsync(old[1], default)).Failure!.Code);
        Assert.True(restarted.Barrier.IsSealed);
    }

    [Fact]
    public async Task Another_unsealed_node_takes_the_new_root_key_over()
    {
        var (node, old) = await UnsealedAsync();
        var other = builder.SealedNode();
        await other.Seals.UnsealAsync(old[0], default);
        await other.Seals.UnsealAsync(old[1], default);
        await node.Barrier.RotateAsync(default);
        await other.View.WriteAsync("known", "term");

        await RekeyAsync(node, old, 3, 2);
        await other.View.WriteAsync("a", "after rekey");
        await other.Barrier.RotateAsync(default);
        await node.View.WriteAsync("b", "after rotation");
        Assert.Equal("after rekey", await node.View.ReadTextAsync("a"));
        Assert.Equal("after rotation", await other.View.ReadTextAsync("b"));
    }

    [Fact]
    public async Task An_unsealed_node_that_missed_a_rotation_before_the_rekey_fails_closed()
    {
        var (node, old) = await UnsealedAsync();
        var other = builder.SealedNode();
        await other.Seals.UnsealAsync(old[0], default);
        await other.Seals.UnsealAsync(old[1], default);
        await node.Barrier.RotateAsync(default);
        await RekeyAsync(node, old, 3, 2);
        await Assert.ThrowsAsync<BarrierIntegrityException>(() => other.View.WriteAsync("a", "x"));
    }

    [Fact]
    public async Task Two_rekeys_of_which_a_node_saw_neither_reach_it()
    {
        var (node, old) = await UnsealedAsync();
        var other = builder.SealedNode();
        await other.Seals.UnsealAsync(old[0], default);
        await other.Seals.UnsealAsync(old[1], default);
        var first = await RekeyAsync(node, old, 3, 2);
        await RekeyAsync(node, first.Shares, 3, 2);
        await other.View.WriteAsync("a", "x");
        Assert.Equal("x", await node.View.ReadTextAsync("a"));
    }

    [Fact]
    public async Task Recovery_shares_are_replaced_and_the_unattended_start_stays()
    {
        using var key = SecretBytes.Random(32);
        var seal = new StaticSeal(new StaticSealKey("a", key));
        var node = builder.SealedNode(autoSeal: seal);
        var old = (await node.Seals.InitializeAsync(3, 2, static _ => Task.CompletedTask, default)).Value.Shares;
        var shares = await RekeyAsync(node, old, 1, 1);
        Assert.True(shares.AreRecoveryShares);
        using var collector = new ShareCollector();
        Assert.True((await node.Seals.ProvideShareAsync(collector, Assert.Single(shares.Shares), default)).Value);

        var restarted = builder.SealedNode(autoSeal: seal);
        Assert.True((await restarted.Seals.AutoUnsealAsync(default)).Succeeded);
        Assert.Equal((1, 1), ((await restarted.Seals.StatusAsync(default)).Shares, (await restarted.Seals.StatusAsync(default)).Threshold));
    }

    [Fact]
    public async Task Shares_without_a_start_or_with_another_nonce_are_refused()
    {
        var (node, old) = await UnsealedAsync();
        Assert.Equal("rekey.none", (await node.Rekey.ProvideAsync(old[0], "", default)).Failure!.Code);
        Assert.True(node.Rekey.Start(3, 2, false).Succeeded);
        Assert.Equal("rekey.nonce", (await node.Rekey.ProvideAsync(old[0], "other", default)).Failure!.Code);
        Assert.Equal(0, node.Rekey.Status.Progress);
    }

    [Fact]
    public async Task One_attempt_at_a_time_and_none_after_it_was_cancelled()
    {
        var (node, old) = await UnsealedAsync();
        var started = node.Rekey.Start(5, 3, false).Value;
        Assert.Equal("rekey.in_progress", node.Rekey.Start(3, 2, false).Failure!.Code);
        await node.Rekey.ProvideAsync(old[0], started.Nonce, default);
        Assert.Equal(started with { Progress = 1 }, node.Rekey.Status);
        node.Rekey.Cancel();
        Assert.Equal(new RekeyStatus("", 0, 0, false), node.Rekey.Status);
        Assert.Equal("rekey.none", (await node.Rekey.ProvideAsync(old[1], started.Nonce, default)).Failure!.Code);
    }

    [Fact]
    public async Task Wrong_shares_replace_nothing()
    {
        var (node, old) = await UnsealedAsync();
        var nonce = node.Rekey.Start(5, 3, false).Value.Nonce;
        using var wrong = new SecretBytes([.. new byte[32], (byte)(old[0].Span[^1] == 1 ? 2 : 1)]);
        await node.Rekey.ProvideAsync(wrong, nonce, default);
        Assert.Equal("seal.wrong_shares", (await node.Rekey.ProvideAsync(old[0], nonce, default)).Failure!.Code);
        Assert.Equal((3, 2), ((await node.Seals.StatusAsync(default)).Shares, (await node.Seals.StatusAsync(default)).Threshold));
    }

    [Fact]
    public async Task Sealing_ends_an_attempt()
    {
        var (node, old) = await UnsealedAsync();
        node.Rekey.Start(5, 3, false);
        node.Barrier.Seal();
        await node.Seals.UnsealAsync(old[0], default);
        await node.Seals.UnsealAsync(old[1], default);
        Assert.Empty(node.Rekey.Status.Nonce);
        node.Barrier.Seal();
        Assert.Throws<BarrierSealedException>(() => node.Rekey.Start(5, 3, false));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rekey_whose_answer_was_lost_ends_with_shares_that_unseal(bool happened)
    {
        HookedStore? store = null;
        var (node, old) = await UnsealedAsync(inner => store = new HookedStore(inner));
        store!.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, next) => next();
            if (happened)
                await commit();
            return CommitOutcome.Unknown;
        };
        var shares = await RekeyAsync(node, old, 1, 1);
        var restarted = builder.SealedNode();
        Assert.False((await restarted.Seals.UnsealAsync(shares.Shares[0], default)).Value.Sealed);
    }

    [Fact]
    public async Task Shares_to_be_verified_count_only_once_enough_were_given_back()
    {
        var (node, old) = await UnsealedAsync();
        var made = await HandOutAsync(node, old, 3, 2);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(old[0], default)).Value.Progress == 0);
        Assert.True(await node.Barrier.IsRootKeyAsync(Shamir.Combine([old[0], old[1]]), default));
        Assert.Equal("rekey.verifying", (await node.Rekey.ProvideAsync(old[2], node.Rekey.Status.Nonce, default)).Failure!.Code);

        var nonce = node.Rekey.Status.VerificationNonce;
        Assert.Equal("rekey.nonce", (await node.Rekey.VerifyAsync(made[0], node.Rekey.Status.Nonce, default)).Failure!.Code);
        Assert.False((await node.Rekey.VerifyAsync(made[0], nonce, default)).Value);
        Assert.Equal(1, node.Rekey.Status.VerificationProgress);
        Assert.True((await node.Rekey.VerifyAsync(made[1], nonce, default)).Value);
        Assert.True(await node.Barrier.IsRootKeyAsync(Shamir.Combine([made[0], made[2]]), default));
        Assert.Equal("rekey.no_verification", (await node.Rekey.VerifyAsync(made[2], nonce, default)).Failure!.Code);
    }

    [Fact]
    public async Task Shares_that_are_not_the_new_ones_verify_nothing()
    {
        var (node, old) = await UnsealedAsync();
        var made = await HandOutAsync(node, old, 3, 2);
        var nonce = node.Rekey.Status.VerificationNonce;
        await node.Rekey.VerifyAsync(old[0], nonce, default);
        Assert.Equal("rekey.wrong_shares", (await node.Rekey.VerifyAsync(old[1], nonce, default)).Failure!.Code);
        await node.Rekey.VerifyAsync(made[0], nonce, default);
        Assert.True((await node.Rekey.VerifyAsync(made[1], nonce, default)).Value);
    }

    [Fact]
    public async Task A_verification_begins_anew_under_another_nonce()
    {
        var (node, old) = await UnsealedAsync();
        var made = await HandOutAsync(node, old, 3, 2);
        var nonce = node.Rekey.Status.VerificationNonce;
        await node.Rekey.VerifyAsync(made[0], nonce, default);
        var anew = (await node.Rekey.RestartVerificationAsync(default)).Value;
        Assert.Equal(0, anew.VerificationProgress);
        Assert.NotEqual(nonce, anew.VerificationNonce);
        Assert.Equal("rekey.nonce", (await node.Rekey.VerifyAsync(made[1], nonce, default)).Failure!.Code);
    }

    [Fact]
    public async Task A_cancelled_rekey_leaves_the_old_shares_in_force_and_verifies_nothing()
    {
        var (node, old) = await UnsealedAsync();
        var made = await HandOutAsync(node, old, 3, 2);
        var nonce = node.Rekey.Status.VerificationNonce;
        node.Rekey.Cancel();
        node.Rekey.Start(3, 2, true);
        Assert.Empty(node.Rekey.Status.VerificationNonce);
        Assert.Equal("rekey.no_verification", (await node.Rekey.VerifyAsync(made[0], nonce, default)).Failure!.Code);
        Assert.True(await node.Barrier.IsRootKeyAsync(Shamir.Combine([old[0], old[1]]), default));
    }

    [Fact]
    public async Task New_shares_are_not_lost_with_the_store_that_does_not_confirm_them()
    {
        HookedStore? store = null;
        var (node, old) = await UnsealedAsync(inner => store = new HookedStore(inner));
        var nonce = node.Rekey.Start(1, 1, false).Value.Nonce;
        await node.Rekey.ProvideAsync(old[0], nonce, default);
        store!.OnCommit = static async (_, commit) =>
        {
            await commit();
            throw new StoreUnavailableException("the answer was lost");
        };
        var step = (await node.Rekey.ProvideAsync(old[1], nonce, default)).Value;
        Assert.False(step.Confirmed);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(step.NewShares!.Shares[0], default)).Value.Sealed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task New_shares_are_not_lost_when_the_node_is_sealed_while_the_store_takes_them(bool answered)
    {
        HookedStore? store = null;
        var (node, old) = await UnsealedAsync(inner => store = new HookedStore(inner));
        var nonce = node.Rekey.Start(1, 1, false).Value.Nonce;
        await node.Rekey.ProvideAsync(old[0], nonce, default);
        store!.OnCommit = async (_, commit) =>
        {
            var outcome = await commit();
            node.Barrier.Seal();
            return answered ? outcome : CommitOutcome.Unknown;
        };
        var step = (await node.Rekey.ProvideAsync(old[1], nonce, default)).Value;
        Assert.Equal(answered, step.Confirmed);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(step.NewShares!.Shares[0], default)).Value.Sealed);
    }

    [Fact]
    public async Task New_shares_are_not_lost_when_what_is_read_after_a_lost_answer_is_damaged()
    {
        HookedStore? store = null;
        var (node, old) = await UnsealedAsync(inner => store = new HookedStore(inner));
        var nonce = node.Rekey.Start(1, 1, false).Value.Nonce;
        await node.Rekey.ProvideAsync(old[0], nonce, default);
        store!.OnCommit = async (_, commit) =>
        {
            await commit();
            store.OnRange = static _ => throw new BarrierIntegrityException(KeyLayout.RootKeyring, "is damaged");
            return CommitOutcome.Unknown;
        };
        var step = (await node.Rekey.ProvideAsync(old[1], nonce, default)).Value;
        Assert.False(step.Confirmed);
        Assert.IsType<BarrierIntegrityException>(step.NewShares!.Trouble);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(step.NewShares.Shares[0], default)).Value.Sealed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task New_recovery_shares_whose_answer_was_lost_are_in_force_in_the_end(bool happened)
    {
        var (node, store, old) = await AutoUnsealedAsync();
        store.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, next) => next();
            if (happened)
                await commit();
            return CommitOutcome.Unknown;
        };
        var shares = await RekeyAsync(node, old, 1, 1);
        Assert.Null(shares.Trouble);
        using var collector = new ShareCollector();
        Assert.True((await node.Seals.ProvideShareAsync(collector, shares.Shares[0], default)).Value);
    }

    [Fact]
    public async Task New_recovery_shares_are_not_lost_with_the_store_that_does_not_confirm_them()
    {
        var (node, store, old) = await AutoUnsealedAsync();
        store.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, next) => next();
            await commit();
            throw new StoreUnavailableException("the answer was lost");
        };
        var shares = await RekeyAsync(node, old, 1, 1);
        Assert.NotNull(shares.Trouble);
        using var collector = new ShareCollector();
        Assert.True((await node.Seals.ProvideShareAsync(collector, shares.Shares[0], default)).Value);
    }

    [Fact]
    public async Task A_verification_that_the_store_did_not_confirm_is_told_by_giving_the_shares_again()
    {
        HookedStore? store = null;
        var (node, old) = await UnsealedAsync(inner => store = new HookedStore(inner));
        var made = await HandOutAsync(node, old, 1, 1);
        var nonce = node.Rekey.Status.VerificationNonce;
        store!.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, next) => next();
            await commit();
            throw new StoreUnavailableException("the answer was lost");
        };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => node.Rekey.VerifyAsync(made[0], nonce, default));
        Assert.True((await node.Rekey.VerifyAsync(made[0], nonce, default)).Value);
        Assert.False((await builder.SealedNode().Seals.UnsealAsync(made[0], default)).Value.Sealed);
    }

    [Fact]
    public async Task New_shares_of_an_attempt_that_is_cancelled_while_they_are_made_are_not_handed_out()
    {
        HookedStore? store = null;
        var (node, old) = await UnsealedAsync(inner => store = new HookedStore(inner));
        var nonce = node.Rekey.Start(3, 2, true).Value.Nonce;
        await node.Rekey.ProvideAsync(old[0], nonce, default);
        var reads = 0;
        store!.OnRange = range =>
        {
            // The seal's entry is read twice, then whether the key is that of the shares.
            if (++reads == 3)
                node.Rekey.Cancel();
            return range();
        };
        var step = await node.Rekey.ProvideAsync(old[1], nonce, default);
        Assert.Equal("rekey.cancelled", step.Failure?.Code);
        Assert.Equal("", node.Rekey.Status.VerificationNonce);
    }

    private static async Task<IReadOnlyList<SecretBytes>> HandOutAsync(BarrierNode node, IReadOnlyList<SecretBytes> old, int shares, int threshold)
    {
        var nonce = node.Rekey.Start(shares, threshold, true).Value.Nonce;
        await node.Rekey.ProvideAsync(old[0], nonce, default);
        return (await node.Rekey.ProvideAsync(old[1], nonce, default)).Value.NewShares!.Shares;
    }

    private static async Task<OperatorShares> RekeyAsync(BarrierNode node, IReadOnlyList<SecretBytes> old, int shares, int threshold)
    {
        var nonce = node.Rekey.Start(shares, threshold, false).Value.Nonce;
        Assert.Null((await node.Rekey.ProvideAsync(old[0], nonce, default)).Value.NewShares);
        var step = (await node.Rekey.ProvideAsync(old[1], nonce, default)).Value;
        Assert.Empty(node.Rekey.Status.Nonce);
        return step.NewShares!;
    }

    private async Task<(BarrierNode BarrierNode, IReadOnlyList<SecretBytes> Shares)> UnsealedAsync(Func<IStore, IStore>? through = null)
    {
        var node = builder.SealedNode(through);
        var shares = (await node.Seals.InitializeAsync(3, 2, static _ => Task.CompletedTask, default)).Value.Shares;
        await node.Seals.UnsealAsync(shares[0], default);
        await node.Seals.UnsealAsync(shares[1], default);
        return (node, shares);
    }

    private async Task<(BarrierNode Node, HookedStore Store, IReadOnlyList<SecretBytes> Shares)> AutoUnsealedAsync()
    {
        var store = new HookedStore(builder.Store);
        var node = builder.SealedNode(_ => store, new StaticSeal(new StaticSealKey("a", SecretBytes.Random(32))));
        var shares = (await node.Seals.InitializeAsync(3, 2, static _ => Task.CompletedTask, default)).Value.Shares;
        // Reserves encryptions, so that the next commit is the rekey's.
        await node.View.WriteAsync("a", "1");
        return (node, store, shares);
    }
}
