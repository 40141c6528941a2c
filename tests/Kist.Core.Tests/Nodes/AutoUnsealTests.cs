using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Core.Tests.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>A node with a seal needs nobody, whatever comes first: the node, the store or the initialisation.</summary>
public sealed class AutoUnsealTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private readonly StaticSealKey key = new("a", SecretBytes.Random(32));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task Nodes_that_were_started_before_the_initialisation_serve_after_it()
    {
        await using var a = await StartAsync(store);
        await using var b = await StartAsync(store);
        await InitializeAsync(a);
        await Eventually.HoldsAsync(() => b.Node.IsServing);
        Assert.Empty(a.FailedDuties.Concat(b.FailedDuties));
    }

    [Fact]
    public async Task A_node_whose_store_does_not_answer_at_start_serves_once_it_does_and_tells_so_once()
    {
        await using (var first = await StartAsync(store))
            await InitializeAsync(first);
        var way = new PartitionableStore(store);
        await way.CutAsync(Partition.Refuses);
        await using var node = await StartAsync(way);
        Assert.False(node.Node.IsServing);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        way.Heal();
        await Eventually.HoldsAsync(() => node.Node.IsServing);
        Assert.Equal(["unseal"], node.FailedDuties);
    }

    [Fact]
    public async Task A_node_that_was_sealed_by_command_stays_sealed()
    {
        await using var node = await StartAsync(store);
        var token = await InitializeAsync(node);
        await node.WriteAsync("sys/seal", """{"node":"self"}""", token).Ok();
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        Assert.False(node.Node.IsServing);
    }

    [Fact]
    public async Task A_node_with_another_key_says_why_it_cannot_unseal_and_tries_no_more()
    {
        await using (var first = await StartAsync(store))
            await InitializeAsync(first);
        await using var node = TestNode.Sealed(store, new StaticSeal(new StaticSealKey("a", SecretBytes.Random(32))), new NodeOptions());
        await node.Node.StartAsync(default);
        Assert.Contains("\"a\"", Assert.Single(node.Problems), StringComparison.Ordinal);
    }

    private static async Task<SecretText> InitializeAsync(TestNode node) =>
        new((await node.WriteAsync("sys/init", """{"recovery_shares":1,"recovery_threshold":1}""").Ok()).Json().Text("root_token"));

    private async Task<TestNode> StartAsync(IStore through)
    {
        var node = TestNode.Sealed(through, new StaticSeal(key), new NodeOptions());
        await node.Node.StartAsync(default);
        return node;
    }
}
