using System.Collections.Concurrent;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Engines.Kv;

namespace Kist.Engines.Tests.Kv;

/// <summary>The engine in whole nodes: mounted by requests, behind tokens, policies and the cache of each node.</summary>
public sealed class KvNodeTests : IAsyncLifetime
{
    private readonly MemoryStore store = new();
    private TestNode first = null!;
    private TestNode second = null!;

    public async Task InitializeAsync()
    {
        first = await TestNode.CreateAsync(store, new KvMountType(TimeProvider.System));
        second = await TestNode.JoinAsync(store, first, new KvMountType(TimeProvider.System));
        await first.WriteAsync("sys/mounts/kv", """{"type":"kv-v2"}""").Ok();
        // What the second node has seen of this write includes the mount before it.
        var written = await first.WriteAsync("kv/config", """{"max_versions":100}""").Ok();
        await second.AskAsync(Operation.Read, "kv/config", "", index: written.Index).Ok();
    }

    public async Task DisposeAsync()
    {
        await first.DisposeAsync();
        await second.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(first.Faults.Concat(second.Faults));
    }

    [Fact]
    public async Task A_mount_by_another_name_shows_type_and_version()
    {
        var mount = (await first.ReadAsync("sys/mounts/kv")).Json();
        Assert.Equal("kv", mount.Text("type"));
        Assert.Equal("2", mount.GetProperty("options").Text("version"));
    }

    [Fact]
    public async Task Gone_and_lifetime_reach_the_answer()
    {
        await first.WriteAsync("kv/data/a", """{"data":{"k":"v"}}""").Ok();
        await first.DeleteAsync("kv/data/a").Ok();
        Assert.True((await first.ReadAsync("kv/data/a").Ok()).Gone);

        await first.WriteAsync("sys/mounts/old", """{"type":"generic"}""").Ok();
        await first.WriteAsync("old/a", """{"k":"v","ttl":"1h"}""").Ok();
        var read = await first.ReadAsync("old/a").Ok();
        Assert.Equal("""{"k":"v","ttl":"1h"}""", read.Json().GetRawText());
        Assert.Equal(new LeaseInfo("", TimeSpan.FromHours(1), false), read.Lease);
    }

    [Fact]
    public async Task Create_and_update_are_told_apart()
    {
        await first.WriteAsync(
            "sys/policies/acl/maker", """{"policy":"path \"kv/data/*\" { capabilities = [\"create\", \"read\"] }"}""").Ok();
        var token = (await first.WriteAsync("auth/token/create", """{"policies":["maker"]}""").Ok()).Auth!.ClientToken;
        await first.WriteAsync("kv/data/new", """{"data":{}}""", token).Ok();
        await first.WriteAsync("kv/data/new", """{"data":{}}""", token).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Versioning_that_is_enabled_keeps_every_secret_as_its_first_version()
    {
        await first.WriteAsync("sys/mounts/old", """{"type":"kv"}""").Ok();
        for (var i = 0; i < 20; i++)
            await first.WriteAsync($"old/f/{i}", $$"""{"n":{{i}},"ttl":"1h"}""").Ok();
        var tuned = await first.WriteAsync("sys/mounts/old/tune", """{"options":{"version":"2"}}""").Ok();
        for (var i = 0; i < 20; i++)
        {
            var read = (await second.AskAsync(Operation.Read, $"old/data/f/{i}", "", index: tuned.Index)).Json();
            Assert.Equal($$"""{"n":{{i}},"ttl":"1h"}""", read.GetProperty("data").GetRawText());
            Assert.Equal(1, read.GetProperty("metadata").GetProperty("version").GetInt32());
        }
        Assert.Equal(20, (await second.ListAsync("old/metadata/f")).Json().GetProperty("keys").GetArrayLength());
        await second.WriteAsync("old/data/f/1", """{"data":{},"options":{"cas":1}}""").Ok();
        Assert.Equal("2", (await first.ReadAsync("sys/internal/ui/mounts/old/f")).Json().GetProperty("options").Text("version"));
        await first.WriteAsync("sys/mounts/old/tune", """{"options":{"version":"2"}}""").Ok();
        var refused = await first.WriteAsync("sys/mounts/old/tune", """{"options":{"version":"1"}}""").Fails(FailureKind.Invalid);
        Assert.StartsWith("cannot downgrade", refused.Message, StringComparison.Ordinal);
        await first.ReadAsync("old/data/f/1").Ok();
    }

    [Fact]
    public async Task Of_writes_that_race_versioning_those_that_succeeded_are_kept()
    {
        await first.WriteAsync("sys/mounts/old", """{"type":"kv"}""").Ok();
        var acknowledged = new ConcurrentBag<string>();
        using var done = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            var written = 0;
            while (!done.IsCancellationRequested)
            {
                var name = $"{writer}-{written++}";
                if ((await (writer % 2 == 0 ? first : second).WriteAsync($"old/{name}", """{"k":"v"}""")).Failure is null)
                    acknowledged.Add(name);
                await Task.Delay(1);
            }
        })).ToArray();
        while (acknowledged.Count < 50)
            await Task.Delay(1);
        var tuned = await first.WriteAsync("sys/mounts/old/tune", """{"options":{"version":"2"}}""").Ok();
        await done.CancelAsync();
        await Task.WhenAll(writers);
        var kept = (await second.AskAsync(Operation.List, "old/metadata/", "", index: tuned.Index)).Json().GetProperty("keys").EnumerateArray();
        Assert.Equal(acknowledged.Order(StringComparer.Ordinal), kept.Select(key => key.GetString()));
    }

    [Fact]
    public async Task The_deepest_secret_is_read_wrapped_once_it_is_converted()
    {
        var deep = $"{string.Concat(Enumerable.Repeat("{\"a\":", 64))}1{new string('}', 64)}";
        await first.WriteAsync("sys/mounts/old", """{"type":"kv"}""").Ok();
        await first.WriteAsync("old/deep", deep).Ok();
        await first.WriteAsync("sys/mounts/old/tune", """{"options":{"version":"2"}}""").Ok();
        var wrapped = await first.AskAsync(Operation.Read, "old/data/deep", "", wrap: TimeSpan.FromMinutes(1)).Ok();
        var unwrapped = await first.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok();
        Assert.Contains(deep, System.Text.Encoding.UTF8.GetString(unwrapped.Data.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chain_of_cas_writes_may_change_nodes_at_each_link()
    {
        for (var version = 0; version < 50; version++)
        {
            var node = version % 2 == 0 ? first : second;
            var answer = await node.WriteAsync("kv/data/chain", $$$"""{"data":{},"options":{"cas":{{{version}}}}}""").Ok();
            Assert.Equal(version + 1, answer.Json().GetProperty("version").GetInt32());
        }
    }

    [Fact]
    public async Task Racing_cas_writes_on_two_nodes_have_one_winner_each()
    {
        var won = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var node = writer % 2 == 0 ? first : second;
            for (var cas = 0; cas < 25; cas++)
            {
                var answer = await node.WriteAsync("kv/data/race", $$$"""{"data":{"by":{{{writer}}}},"options":{"cas":{{{cas}}}}}""");
                if (answer.Failure is null)
                    won.Add(answer.Json().GetProperty("version").GetInt32());
                else
                    Assert.Equal("kv.version_conflict", answer.Failure.Code);
            }
        })));
        Assert.NotEmpty(won);
        Assert.Equal(Enumerable.Range(1, won.Count), won.Order());
    }

    [Fact]
    public async Task Racing_writes_without_cas_on_two_nodes_all_succeed()
    {
        var written = new ConcurrentBag<int>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                var answer = await (writer % 2 == 0 ? first : second).WriteAsync("kv/data/race", """{"data":{}}""").Ok();
                written.Add(answer.Json().GetProperty("version").GetInt32());
            }
        })));
        Assert.Equal(Enumerable.Range(1, 80), written.Order());
    }
}
