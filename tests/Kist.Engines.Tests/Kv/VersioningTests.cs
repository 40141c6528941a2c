using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Engines.Kv;
using Kist.Engines.Kv.V1;

namespace Kist.Engines.Tests.Kv;

/// <summary>Secrets of version 1 become secrets of version 2.</summary>
public sealed class VersioningTests
{
    private const int Secrets = 100;

    [Fact]
    public async Task Each_secret_becomes_the_first_version_of_itself()
    {
        using var old = await KvHost.StartAsync("1");
        await old.OkAsync(KvRequest.Write("a", """{"n":1.50,"ttl":"1h"}"""));
        await old.OkAsync(KvRequest.Write("a/b", """{"x":{}}"""));
        old.Clock.Advance(TimeSpan.FromMinutes(1));
        await old.ConvertAsync();

        using var host = await old.StartPeerAsync("2");
        Assert.Equal(["h/a", "h/a/b", "v/a\00000000000000001", "v/a/b\00000000000000001"], await host.StoredPathsAsync());
        var read = await host.OkAsync(KvRequest.Read("data/a"));
        Assert.Equal("""{"n":1.50,"ttl":"1h"}""", read.At("data")!.ToJsonString());
        var metadata = await host.OkAsync(KvRequest.Read("metadata/a"));
        Assert.Equal(1, metadata.At("current_version")!.GetValue<int>());
        Assert.Equal(0, metadata.At("oldest_version")!.GetValue<int>());
        Assert.Equal("2025-03-01T12:01:00Z", metadata.At("created_time")!.GetValue<string>());
        Assert.Equal("2025-03-01T12:01:00Z", metadata.At("versions", "1", "created_time")!.GetValue<string>());
        Assert.Equal(["a", "a/"], (await host.OkAsync(KvRequest.List("metadata/"))).Keys);
        Assert.Equal(2, (await host.OkAsync(KvRequest.Write("data/a", """{"data":{},"options":{"cas":1}}"""))).Version);
    }

    [Fact]
    public async Task The_largest_secret_is_converted_and_its_state_can_be_changed()
    {
        using var old = await KvHost.StartAsync("1");
        var path = new string('p', KvPath.MaxBytes);
        var room = KvFailures.EntryBytes - StoredSecret.HeaderBytes - """{"k":""}""".Length;
        await old.OkAsync(KvRequest.Write(path, $$"""{"k":"{{new string('x', room)}}"}"""));
        await old.ConvertAsync();

        using var host = await old.StartPeerAsync("2");
        await host.OkAsync(KvRequest.Delete($"data/{path}"));
        Assert.Equal("gone", (await host.SendAsync(KvRequest.Read($"data/{path}"))).Result);
        await host.OkAsync(KvRequest.Write($"undelete/{path}", """{"versions":[1]}"""));
        Assert.Equal(room, (await host.OkAsync(KvRequest.Read($"data/{path}"))).At("data", "k")!.GetValue<string>().Length);
    }

    [Fact]
    public async Task Several_nodes_that_convert_at_once_make_one_version_each()
    {
        using var old = await FilledAsync();
        using var peer = await old.StartPeerAsync();
        old.Store.Interleave();
        await Task.WhenAll(Task.Run(old.ConvertAsync), Task.Run(peer.ConvertAsync), Task.Run(peer.ConvertAsync));
        await AssertConvertedAsync(old);
    }

    [Fact]
    public async Task What_was_cut_short_is_resumed()
    {
        using var old = await FilledAsync();
        var left = 20;
        old.Store.OnCommit = (_, commit) => Interlocked.Decrement(ref left) >= 0 ? commit() : throw new StoreUnavailableException("cut");
        await Assert.ThrowsAsync<StoreUnavailableException>(old.ConvertAsync);
        // Of the twenty commits, some of the first lose the race to write the settings.
        Assert.InRange((await old.StoredPathsAsync()).Count(path => path.StartsWith("s/", StringComparison.Ordinal)), Secrets - 20, Secrets - 1);
        old.Store.OnCommit = static (_, commit) => commit();
        await old.ConvertAsync();
        await AssertConvertedAsync(old);
    }

    [Fact]
    public async Task Commits_whose_outcome_is_unknown_are_looked_after()
    {
        using var old = await FilledAsync();
        var commits = 0;
        old.Store.OnCommit = async (_, commit) => (Interlocked.Increment(ref commits) % 3) switch
        {
            0 => CommitOutcome.Unknown,
            1 when await commit() is { Succeeded: true } => CommitOutcome.Unknown,
            _ => await commit(),
        };
        await old.ConvertAsync();
        old.Store.OnCommit = static (_, commit) => commit();
        await AssertConvertedAsync(old);
    }

    [Fact]
    public async Task A_damaged_secret_stays_where_it_is_and_keeps_no_other_back()
    {
        using var old = await FilledAsync();
        await old.Storage.Begin().Put(old.Storage, "s/050", new byte[] { 9, 9 }).CommitAsync(default);
        var damaged = Assert.Single(await old.ConvertAsync());
        Assert.StartsWith("secret \"050\": ", damaged, StringComparison.Ordinal);
        var paths = await old.StoredPathsAsync();
        Assert.Equal(["s/050"], paths.Where(path => path.StartsWith("s/", StringComparison.Ordinal)));
        Assert.Equal(Secrets - 1, paths.Count(path => path.StartsWith("h/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Damaged_settings_are_not_taken_for_damaged_secrets()
    {
        using var old = await FilledAsync();
        await old.Storage.Begin().Put(old.Storage, "config", "{"u8.ToArray()).CommitAsync(default);
        await Assert.ThrowsAsync<BarrierIntegrityException>(old.ConvertAsync);
        Assert.Equal(Secrets, (await old.StoredPathsAsync()).Count(path => path.StartsWith("s/", StringComparison.Ordinal)));
    }

    // A mount whose version was changed before that converted anything may have both.
    [Fact]
    public async Task A_secret_that_version_2_has_already_gets_a_new_version_and_loses_none()
    {
        using var old = await KvHost.StartAsync("1");
        using var host = await old.StartPeerAsync("2");
        await old.OkAsync(KvRequest.Write("a", """{"from":"1"}"""));
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{"from":"2"}}"""));
        await old.ConvertAsync();
        Assert.Equal("2", (await host.OkAsync(KvRequest.Read("data/a?version=1"))).At("data", "from")!.GetValue<string>());
        Assert.Equal("1", (await host.OkAsync(KvRequest.Read("data/a"))).At("data", "from")!.GetValue<string>());
        Assert.Equal(2, (await host.OkAsync(KvRequest.Read("metadata/a"))).At("current_version")!.GetValue<int>());
    }

    private static async Task<KvHost> FilledAsync()
    {
        var host = await KvHost.StartAsync("1");
        for (var i = 0; i < Secrets; i++)
            await host.OkAsync(KvRequest.Write($"{i:D3}", $$"""{"n":{{i}}}"""));
        return host;
    }

    private static async Task AssertConvertedAsync(KvHost old)
    {
        using var host = await old.StartPeerAsync("2");
        Assert.Equal(2 * Secrets, (await host.StoredPathsAsync()).Count);
        for (var i = 0; i < Secrets; i++)
        {
            var read = await host.OkAsync(KvRequest.Read($"data/{i:D3}"));
            Assert.Equal(i, read.At("data", "n")!.GetValue<int>());
            Assert.Equal(1, read.At("metadata", "version")!.GetValue<int>());
        }
    }
}
