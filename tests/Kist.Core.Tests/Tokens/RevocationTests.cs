using System.Text;
using Kist.Core.Storage;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens;

public sealed class RevocationTests
{
    [Fact]
    public async Task A_revocation_takes_the_whole_tree_and_leaves_nothing()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.IssueAsync();
        var tree = new List<SecretText>();
        for (var i = 0; i < 20; i++)
        {
            var child = await host.IssueAsync(root);
            tree.Add(child);
            tree.Add(await host.IssueAsync(child));
        }
        var bystander = await host.IssueAsync();
        await PutCubbyholeAsync(host, tree[0], "a", "b/c");

        await host.RevokeAsync(root);

        foreach (var token in tree)
            Assert.False(await host.IsValidAsync(token));
        Assert.True(await host.IsValidAsync(bystander));
        await host.RevokeAsync(bystander);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task Descendants_are_refused_before_the_steps_reach_them()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.IssueAsync();
        var child = await host.IssueAsync(root);
        var grandchild = await host.IssueAsync(child);
        var found = await host.FindAsync(root);
        Assert.True(await host.IsValidAsync(grandchild));

        CrashAfter(host, commits: 1);
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await host.Tokens.RevokeAsync(found, default));

        Assert.Contains(await host.PathsAsync(), path => path.StartsWith("id/", StringComparison.Ordinal));
        Assert.False(await host.IsValidAsync(root));
        Assert.False(await host.IsValidAsync(child));
        Assert.False(await host.IsValidAsync(grandchild));
    }

    [Fact]
    public async Task A_crash_at_any_commit_is_resumed()
    {
        var crashed = true;
        var commits = 0;
        while (crashed)
        {
            commits++;
            var host = await TokenHost.StartAsync();
            var root = await host.IssueAsync();
            for (var i = 0; i < 20; i++)
                _ = await host.IssueAsync(await host.IssueAsync(root));
            await PutCubbyholeAsync(host, root, [.. Enumerable.Range(0, 120).Select(i => $"secret/{i}")]);
            var found = await host.FindAsync(root);

            CrashAfter(host, commits);
            crashed = await IsCrashAsync(() => host.Tokens.RevokeAsync(found, default));
            host.Store.Fate = static _ => null;
            var peer = await host.StartPeerAsync();
            Assert.False(await peer.IsValidAsync(root));
            await peer.Tokens.ResumeRevocationsAsync(null, default);
            Assert.Empty(await host.PathsAsync());
            Assert.True(crashed || commits >= 8, $"only {commits} commits");
        }
    }

    [Fact]
    public async Task No_commit_exceeds_the_stores_limits()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.IssueAsync();
        for (var i = 0; i < 100; i++)
            _ = await host.IssueAsync(root);
        var largest = 0;
        host.Store.Fate = transaction =>
        {
            largest = Math.Max(largest, Math.Max(transaction.Changes.Count, transaction.Preconditions.Count));
            return null;
        };
        await host.RevokeAsync(root);
        Assert.InRange(largest, 50, StoreLimits.Changes);
    }

    [Fact]
    public async Task A_large_tree_answers_early_and_the_leader_does_the_rest()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.IssueAsync();
        var children = new List<SecretText>();
        for (var i = 0; i < 1200; i++)
            children.Add(await host.IssueAsync(root));
        host.Store.ResetCounts();
        await host.RevokeAsync(root);
        Assert.Equal(65, host.Store.Commits);
        foreach (var child in children)
            Assert.False(await host.IsValidAsync(child));
        await host.Tokens.ResumeRevocationsAsync(null, default);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_child_whose_commit_a_revocation_overtakes_is_not_issued()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var parent = await host.IssueAsync();
        var found = await host.FindAsync(parent);
        peer.Store.Before(async () => Assert.Null((await host.Tokens.RevokeAsync(found, default)).Failure));
        Assert.Equal("token.invalid", (await peer.TryIssueAsync(parent)).Failure?.Code);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_child_that_appears_after_the_revoking_node_has_looked_goes_too()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var parent = await host.IssueAsync();
        SecretText? child = null;
        host.Store.Before(async () => child = await peer.IssueAsync(parent));
        await host.RevokeAsync(parent);
        Assert.False(await host.IsValidAsync(child!));
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_revocation_that_a_renewal_overtakes_wins_at_the_second_try()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var token = await host.IssueAsync();
        host.Store.Before(async () => Assert.True((await peer.RenewAsync(token, TimeSpan.FromHours(7))).Succeeded));
        await host.RevokeAsync(token);
        Assert.False(await host.IsValidAsync(token));
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task A_renewal_that_a_revocation_overtakes_brings_nothing_back()
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        var token = await host.IssueAsync();
        var found = await host.FindAsync(token);
        peer.Store.Before(async () => Assert.Null((await host.Tokens.RevokeAsync(found, default)).Failure));
        Assert.Equal("token.not_found", (await peer.RenewAsync(token)).Failure?.Code);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task An_id_is_not_used_again_before_the_old_tree_is_gone()
    {
        var host = await TokenHost.StartAsync();
        var id = new SecretText("mine");
        Assert.True((await host.TryIssueAsync(change: s => s with { Id = id })).Succeeded);
        _ = await host.IssueAsync(id);
        var found = await host.FindAsync(id);
        CrashAfter(host, commits: 1);
        Assert.True(await IsCrashAsync(() => host.Tokens.RevokeAsync(found, default)));
        host.Store.Fate = static _ => null;
        Assert.Equal("store.contention", (await host.TryIssueAsync(change: s => s with { Id = id })).Failure?.Code);
        await host.Tokens.ResumeRevocationsAsync(null, default);
        Assert.True((await host.TryIssueAsync(change: s => s with { Id = id })).Succeeded);
        Assert.True(await host.IsValidAsync(id));
    }

    [Fact]
    public async Task Revoking_with_orphans_keeps_children_valid_all_the_way()
    {
        var crashed = true;
        var commits = 0;
        while (crashed)
        {
            commits++;
            var host = await TokenHost.StartAsync();
            var root = await host.IssueAsync();
            var middle = await host.IssueAsync(root);
            var children = new List<SecretText>();
            for (var i = 0; i < 40; i++)
                children.Add(await host.IssueAsync(middle));
            var grandchild = await host.IssueAsync(children[0]);
            var found = await host.FindAsync(middle);

            CrashAfter(host, commits);
            crashed = await IsCrashAsync(() => host.Tokens.RevokeOrphanAsync(found, default));
            host.Store.Fate = static _ => null;
            await AllAreValidAsync(host, children, grandchild);
            Assert.False(await host.IsValidAsync(middle));
            Assert.True(await host.IsValidAsync(root));

            await host.Tokens.ResumeRevocationsAsync(null, default);
            await AllAreValidAsync(host, children, grandchild);
            await host.RevokeAsync(root);
            await AllAreValidAsync(host, children, grandchild);
            Assert.Equal("", (await host.FindAsync(children[5])).Entry.ParentHash);
            await host.RevokeAsync(children[0]);
            Assert.False(await host.IsValidAsync(grandchild));
            Assert.True(crashed || commits >= 4, $"only {commits} commits");
        }
    }

    [Fact]
    public async Task Children_as_large_as_tokens_once_could_be_become_orphans_in_commits_that_the_store_takes()
    {
        // Sixteen of them in one commit were refused by the store, each second anew, and the leader did nothing else any more.
        var host = await TokenHost.StartAsync();
        var parent = await host.IssueAsync();
        var found = await host.FindAsync(parent);
        for (var i = 0; i < 20; i++)
        {
            var transaction = host.Records.Begin();
            var size = i % 3 == 0 ? 1_000_000 : 30_000;
            host.Records.Add(transaction, $"child-{i}", new TokenEntry
            {
                Accessor = $"accessor-{i}",
                ParentHash = found.Hash,
                ExpiresAt = host.Clock.GetUtcNow() + TimeSpan.FromHours(1),
                Metadata = new Dictionary<string, string> { ["note"] = new('x', size) },
            });
            Assert.True((await transaction.CommitAsync(default)).Succeeded);
        }

        await host.RevokeOrphanAsync(parent);
        await host.Tokens.ResumeRevocationsAsync(null, default);

        for (var i = 0; i < 20; i++)
            Assert.Equal("", (await host.Records.ReadAsync($"child-{i}", default))!.Value.Entry.ParentHash);
        var left = (await host.PathsAsync()).Select(path => path.Split('/')[0]).ToList();
        Assert.DoesNotContain("parent", left);
        Assert.DoesNotContain("revoking", left);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_token_revoked_from_many_sides_at_once_is_revoked_once(bool someKeepChildren)
    {
        var host = await TokenHost.StartAsync();
        var peer = await host.StartPeerAsync();
        TokenHost[] nodes = [host, peer];
        for (var round = 0; round < 20; round++)
        {
            var token = await host.IssueAsync();
            var children = new List<SecretText>();
            for (var i = 0; i < 3; i++)
                children.Add(await host.IssueAsync(token));
            var found = await host.FindAsync(token);
            var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => someKeepChildren && i % 2 == 1
                ? nodes[i % 2].Tokens.RevokeOrphanAsync(found, default).AsTask()
                : nodes[i % 2].Tokens.RevokeAsync(found, default).AsTask())));

            Assert.All(outcomes, outcome => Assert.Null(outcome.Failure));
            Assert.Single(outcomes, outcome => outcome.Value != 0);
            Assert.False(await host.IsValidAsync(token));
            await host.Tokens.ResumeRevocationsAsync(null, default);
            var alive = 0;
            foreach (var child in children)
                alive += await host.IsValidAsync(child) ? 1 : 0;
            Assert.True(alive == 0 || (alive == 3 && someKeepChildren), $"{alive} children are valid");
            foreach (var child in alive > 0 ? children : [])
                await host.RevokeAsync(child);
        }
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        await host.Tokens.ExpireDueAsync(null, default);
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task The_trace_of_a_token_revoked_without_its_children_goes_after_a_minute()
    {
        var host = await TokenHost.StartAsync();
        var root = await host.IssueAsync();
        await host.RevokeOrphanAsync(root);
        Assert.NotEmpty(await host.PathsAsync());
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, await host.Tokens.ExpireDueAsync(null, default));
        Assert.Empty(await host.PathsAsync());
    }

    [Fact]
    public async Task An_accessor_leads_to_its_token_until_it_is_revoked()
    {
        var host = await TokenHost.StartAsync();
        var issued = (await host.TryIssueAsync()).Value.Token;
        var found = await host.Tokens.FindByAccessorAsync(default, issued.Accessor, default);
        Assert.Equal(await host.FindAsync(issued.ClientToken), found);
        Assert.Equal([issued.Accessor], await host.Tokens.ListAccessorsAsync(default, default));

        Assert.Null((await host.Tokens.RevokeAsync(found!.Value, default)).Failure);
        Assert.False(await host.IsValidAsync(issued.ClientToken));
        Assert.Null(await host.Tokens.FindByAccessorAsync(default, issued.Accessor, default));
        Assert.Empty(await host.Tokens.ListAccessorsAsync(default, default));
    }

    [Fact]
    public async Task Revoking_twice_is_no_error()
    {
        var host = await TokenHost.StartAsync();
        var found = await host.FindAsync(await host.IssueAsync());
        Assert.NotEqual(0, (await host.Tokens.RevokeAsync(found, default)).Value);
        Assert.Equal(0, (await host.Tokens.RevokeAsync(found, default)).Value);
    }

    [Fact]
    public async Task A_lost_answer_to_a_revocation_is_a_failure()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        var found = await host.FindAsync(token);
        host.Store.Fate = static _ => CommitFate.LostAfter;
        Assert.Equal("store.unknown_outcome", (await host.Tokens.RevokeAsync(found, default)).Failure?.Code);
        Assert.False(await host.IsValidAsync(token));
    }

    [Fact]
    public async Task A_tree_has_a_deepest_level()
    {
        var host = await TokenHost.StartAsync();
        var token = await host.IssueAsync();
        for (var depth = 1; depth <= TokenEntry.MaxDepth; depth++)
            token = await host.IssueAsync(token);
        Assert.True(await host.IsValidAsync(token));
        Assert.Equal("token.too_deep", (await host.TryIssueAsync(token)).Failure?.Code);
    }

    private static async Task AllAreValidAsync(TokenHost host, List<SecretText> tokens, SecretText another)
    {
        foreach (var token in tokens)
            Assert.True(await host.IsValidAsync(token));
        Assert.True(await host.IsValidAsync(another));
    }

    private static async Task<bool> IsCrashAsync(Func<ValueTask<Outcome<long>>> revoke)
    {
        try
        {
            Assert.Null((await revoke()).Failure);
            return false;
        }
        catch (StoreUnavailableException)
        {
            return true;
        }
    }

    private static void CrashAfter(TokenHost host, int commits)
    {
        var left = commits;
        host.Store.Fate = _ => left-- > 0 ? null : CommitFate.Crash;
    }

    private static async Task PutCubbyholeAsync(TokenHost host, SecretText token, params string[] paths)
    {
        var view = host.Records.Cubbyhole((await host.FindAsync(token)).Hash);
        foreach (var page in paths.Chunk(50))
        {
            var transaction = view.Begin();
            foreach (var path in page)
                transaction.Put(view, path, Encoding.UTF8.GetBytes("{}"));
            Assert.True((await transaction.CommitAsync(default)).Succeeded);
        }
    }
}
