using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>An initialisation never ends with a store whose shares nobody has.</summary>
public sealed class InitTests : IAsyncLifetime
{
    private readonly HookedStore store = new(new MemoryStore());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task A_root_token_is_answered_without_a_warning()
    {
        await using var node = TestNode.Sealed(store);
        var made = (await node.WriteAsync("sys/init", """{"secret_shares":1,"secret_threshold":1}""").Ok()).Json();
        Assert.NotEmpty(made.Text("root_token"));
        Assert.False(made.TryGetProperty("warnings", out _));
    }

    [Fact]
    public async Task Shares_are_answered_with_a_warning_when_the_store_fails_after_it_took_the_keyring()
    {
        await using var node = TestNode.Sealed(store);
        store.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, _) => throw new StoreUnavailableException("disk full");
            return await commit();
        };
        var made = (await node.WriteAsync("sys/init", """{"secret_shares":1,"secret_threshold":1}""").Ok()).Json();
        Assert.Empty(made.Text("root_token"));
        Assert.Contains("generate-root", made.GetProperty("warnings")[1].GetString(), StringComparison.Ordinal);
        var share = made.GetProperty("keys")[0].GetString()!;

        // Once there is room again, the unseal sets up what is missing and the share makes a root token.
        store.OnCommit = static (_, commit) => commit();
        Assert.False((await node.WriteAsync("sys/unseal", $$"""{"key":"{{share}}"}""").Ok()).Json().GetProperty("sealed").GetBoolean());
        var token = await new RootGeneration(node).RunAsync(share);
        await node.ReadAsync("sys/policies/acl/default", token).Ok();
        await node.ReadAsync("cubbyhole/none", token).Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task With_auto_unseal_the_node_serves_by_itself_once_the_store_works_again()
    {
        using var key = SecretBytes.Random(32);
        await using var node = TestNode.Sealed(store, new StaticSeal(new StaticSealKey("a", key)), new NodeOptions());
        await node.Node.StartAsync(default);
        store.OnCommit = async (_, commit) =>
        {
            store.OnCommit = static (_, _) => throw new StoreUnavailableException("disk full");
            return await commit();
        };
        var made = (await node.WriteAsync("sys/init", """{"recovery_shares":1,"recovery_threshold":1}""").Ok()).Json();
        Assert.Empty(made.Text("root_token"));
        Assert.False(node.Node.IsServing);

        store.OnCommit = static (_, commit) => commit();
        await Eventually.HoldsAsync(() => node.Node.IsServing);
        var token = await new RootGeneration(node).RunAsync(made.GetProperty("recovery_keys")[0].GetString()!);
        await node.ReadAsync("sys/mounts", token).Ok();
    }

    [Fact]
    public async Task A_second_initialisation_is_refused()
    {
        await using var node = await TestNode.CreateAsync(store);
        await node.WriteAsync("sys/seal").Ok();
        Assert.Equal("seal.initialized", (await node.WriteAsync("sys/init").Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task A_store_out_of_reach_is_an_error_and_makes_no_shares()
    {
        await using var node = TestNode.Sealed(store);
        store.OnRange = static _ => throw new StoreUnavailableException("gone");
        await node.WriteAsync("sys/init").Fails(FailureKind.Unavailable);
        Assert.Equal(0, store.Commits);
    }

    [Fact]
    public async Task A_full_store_that_is_set_up_already_is_served_by_a_newer_version_too()
    {
        await using var first = await TestNode.CreateAsync(store);
        store.OnCommit = static (_, _) => throw new StoreUnavailableException("disk full");
        await using var newer = TestNode.Sealed(store, null, new NodeOptions { Version = "9.9.9" });
        using var share = new SecretBytes(first.Shares[0]);
        Assert.True((await newer.Node.UnsealAsync(share, default)).Succeeded);
        Assert.True(newer.Node.IsServing);
        Assert.Contains(newer.Problems, problem => problem.Contains("disk full", StringComparison.Ordinal));
        await newer.ReadAsync("sys/mounts", first.RootToken).Ok();
    }
}
