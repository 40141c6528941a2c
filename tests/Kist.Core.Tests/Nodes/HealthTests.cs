using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Core.Sys;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary>What load balancers and operators learn of a node without a token.</summary>
public sealed class HealthTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private readonly PartitionableStore way;

    public HealthTests() => way = new PartitionableStore(store);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task A_node_without_an_audit_device_says_so_until_it_has_one()
    {
        await using var node = await TestNode.CreateAsync(store);
        var problems = (await node.ReadAsync("sys/health").Ok()).Json().GetProperty("problems");
        Assert.Equal("no audit device is enabled", Assert.Single(problems.EnumerateArray()).GetString());
        await node.WriteAsync("sys/audit/none", """{"type":"file","options":{"file_path":"discard"}}""").Ok();
        Assert.Empty((await node.ReadAsync("sys/health").Ok()).Json().GetProperty("problems").EnumerateArray());
    }

    [Fact]
    public async Task A_node_cut_off_from_its_store_is_not_fresh_until_it_is_back()
    {
        await using var node = await TestNode.CreateAsync(way);
        await Eventually.HoldsAsync(() => IsFreshAsync(node));
        await way.CutAsync(Partition.Refuses);
        await Eventually.HoldsAsync(async () => !await IsFreshAsync(node));
        way.Heal();
        await Eventually.HoldsAsync(() => IsFreshAsync(node));
    }

    [Fact]
    public async Task The_clusters_id_is_made_once_and_the_same_on_every_node_and_after_a_restart()
    {
        string id;
        await using (var first = await TestNode.CreateAsync(store))
        {
            id = (await first.ReadAsync("sys/health").Ok()).Json().Text("cluster_id");
            Assert.True(Guid.TryParse(id, out _));
            await using var second = await TestNode.JoinAsync(store, first);
            Assert.Equal(id, (await second.ReadAsync("sys/health").Ok()).Json().Text("cluster_id"));
            var status = (await second.ReadAsync("sys/seal-status").Ok()).Json();
            Assert.Equal((id, "kist-cluster-" + id[..8]), (status.Text("cluster_id"), status.Text("cluster_name")));
            await first.WriteAsync("sys/seal", """{"node":"self"}""").Ok();
            await first.UnsealAsync();
            Assert.Equal(id, (await first.ReadAsync("sys/health").Ok()).Json().Text("cluster_id"));
        }
        await using var other = new MemoryStore();
        await using var stranger = await TestNode.CreateAsync(other);
        Assert.NotEqual(id, (await stranger.ReadAsync("sys/health").Ok()).Json().Text("cluster_id"));
    }

    [Fact]
    public async Task The_clusters_id_and_name_are_behind_the_barrier()
    {
        await using var node = await TestNode.CreateAsync(store);
        await node.WriteAsync("sys/seal").Ok();
        foreach (var path in new[] { "sys/health", "sys/seal-status" })
        {
            var told = (await node.ReadAsync(path).Ok()).Json();
            Assert.False(told.TryGetProperty("cluster_id", out _) || told.TryGetProperty("cluster_name", out _), path);
        }
    }

    [Fact]
    public async Task A_configured_name_goes_before_the_one_made_from_the_id()
    {
        await using var first = await TestNode.CreateAsync(store);
        await using var named = TestNode.Sealed(store, null, new NodeOptions { ClusterName = "north" });
        await named.WriteAsync("sys/unseal", $$"""{"key":"{{Convert.ToHexString(first.Shares[0])}}"}""").Ok();
        Assert.Equal("north", (await named.ReadAsync("sys/health").Ok()).Json().Text("cluster_name"));
    }

    [Fact]
    public async Task A_store_from_before_there_were_cluster_ids_gets_one_that_all_nodes_agree_on()
    {
        await using var first = await TestNode.CreateAsync(store);
        var view = first.Node.Barrier.System(NamespaceId.Root);
        await view.Begin().Delete(view, ClusterIdentity.Path).CommitAsync(default);
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ClusterIdentity.ReadOrMakeAsync(first.Node, default))));
        Assert.Single(made.Distinct());
    }

    [Fact]
    public void The_clusters_record_is_written_as_schema_1() => Assert.Equal(
        """{"schema":1,"id":"c3f1a2b4-0000-4000-8000-000000000000"}""",
        System.Text.Json.JsonSerializer.Serialize(
            new ClusterIdentity { Id = "c3f1a2b4-0000-4000-8000-000000000000" }, ClusterJson.Default.ClusterIdentity));

    private static async Task<bool> IsFreshAsync(TestNode node) =>
        (await node.ReadAsync("sys/health").Ok()).Json().GetProperty("store_fresh").GetBoolean();
}
