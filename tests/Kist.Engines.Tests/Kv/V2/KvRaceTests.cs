using System.Collections.Concurrent;
using Kist.Core.Storage;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>Many writers of one secret, on one engine and on two over one store.</summary>
public sealed class KvRaceTests
{
    private const int Writers = 8;
    private const int Rounds = 20;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_cas_write_has_exactly_one_winner_for_each_version(int engines)
    {
        using var hosts = await KvHosts.StartAsync(engines);
        var won = new ConcurrentBag<long>();
        await EachWriterAsync(async writer =>
        {
            var host = hosts.Of(writer);
            for (var round = 0; round < Rounds; round++)
            {
                var metadata = await host.SendAsync(KvRequest.Read("metadata/race"));
                var current = metadata.Body is null ? 0 : metadata.At("current_version")!.GetValue<long>();
                var body = $$$"""{"data":{"by":{{{writer}}}},"options":{"cas":{{{current}}}}}""";
                var answer = await host.SendAsync(KvRequest.Write("data/race", body));
                if (answer.Result == "ok")
                    won.Add(answer.Version);
                else
                    Assert.Equal("kv.version_conflict", answer.Result);
            }
        });

        var final = await hosts.Of(0).SendAsync(KvRequest.Read("data/race"));
        var last = final.At("metadata", "version")!.GetValue<long>();
        Assert.True(last > 0);
        Assert.Equal(Enumerable.Range(1, (int)last).Select(v => (long)v), won.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Writes_without_cas_all_succeed(int engines)
    {
        using var hosts = await KvHosts.StartAsync(engines);
        var written = new ConcurrentBag<long>();
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var answer = await hosts.Of(writer).SendAsync(KvRequest.Write("data/race", """{"data":{"x":1}}"""));
                Assert.Equal("ok", answer.Result);
                written.Add(answer.Version);
            }
        });
        Assert.Equal(Enumerable.Range(1, Writers * Rounds).Select(v => (long)v), written.Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Racing_patches_lose_nothing(int engines)
    {
        using var hosts = await KvHosts.StartAsync(engines);
        await hosts.Of(0).OkAsync(KvRequest.Write("data/race", """{"data":{}}"""));
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < Rounds; round++)
                await hosts.Of(writer).OkAsync(KvRequest.Patch("data/race", $$$"""{"data":{"{{{writer}}}-{{{round}}}":1}}"""));
        });
        var data = (await hosts.Of(1).SendAsync(KvRequest.Read("data/race"))).At("data")!.AsObject();
        Assert.Equal(Writers * Rounds, data.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Racing_labels_lose_nothing(int engines)
    {
        using var hosts = await KvHosts.StartAsync(engines);
        await hosts.Of(0).OkAsync(KvRequest.Write("metadata/race", """{"max_versions":5}"""));
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < 5; round++)
                await hosts.Of(writer).OkAsync(KvRequest.Patch("metadata/race", $$$"""{"custom_metadata":{"{{{writer}}}-{{{round}}}":"v"}}"""));
        });
        var labels = (await hosts.Of(1).SendAsync(KvRequest.Read("metadata/race"))).At("custom_metadata")!.AsObject();
        Assert.Equal(Writers * 5, labels.Count);
    }

    [Fact]
    public async Task A_secret_whose_old_versions_are_deleted_after_each_write_never_looks_deleted()
    {
        using var hosts = await KvHosts.StartAsync(2);
        await hosts.Of(0).OkAsync(KvRequest.Write("data/race", """{"data":{"n":0}}"""));
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var answer = await hosts.Of(reader).SendAsync(KvRequest.Read("data/race"));
                Assert.True(answer.Result == "ok", answer.ToString());
            }
        })).ToArray();
        for (var version = 2; version <= 300; version++)
        {
            await hosts.Of(0).OkAsync(KvRequest.Write("data/race", $$$"""{"data":{"n":{{{version}}}}}"""));
            await hosts.Of(0).OkAsync(KvRequest.Write("delete/race", $$$"""{"versions":[{{{version - 1}}}]}"""));
        }
        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Deleting_the_secret_races_writes_without_leaving_versions_behind()
    {
        using var hosts = await KvHosts.StartAsync(2);
        await EachWriterAsync(async writer =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                var request = writer % 2 == 0 ? KvRequest.Write("data/race", """{"data":{}}""") : KvRequest.Delete("metadata/race");
                await hosts.Of(writer / 2).OkAsync(request);
            }
        });
        await hosts.Of(0).OkAsync(KvRequest.Delete("metadata/race"));
        Assert.Empty(await hosts.Of(0).StoredPathsAsync());
    }

    [Fact]
    public async Task A_delete_of_the_latest_version_takes_the_one_that_came_in_between()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        host.Store.BeforeNextCommit(() => host.OkAsync(KvRequest.Write("data/a", """{"data":{}}""")));
        await host.OkAsync(KvRequest.Delete("data/a"));
        await host.OkAsync(KvRequest.Read("data/a?version=1"));
        Assert.Equal("gone", (await host.SendAsync(KvRequest.Read("data/a?version=2"))).Result);
    }

    [Fact]
    public async Task A_cas_that_comes_true_in_between_is_not_refused()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        host.Store.BeforeNextCommit(() => host.OkAsync(KvRequest.Write("data/a", """{"data":{}}""")));
        Assert.Equal(3, (await host.OkAsync(KvRequest.Write("data/a", """{"data":{},"options":{"cas":2}}"""))).Version);
    }

    [Fact]
    public async Task A_patch_sees_that_its_version_was_destroyed_in_between()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        host.Store.BeforeNextCommit(() => host.OkAsync(KvRequest.Write("destroy/a", """{"versions":[1]}""")));
        Assert.Equal("gone", (await host.SendAsync(KvRequest.Patch("data/a", """{"data":{"k":1}}"""))).Result);
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Read("data/a?version=2"))).Result);
    }

    [Fact]
    public async Task A_write_obeys_a_setting_that_came_in_between()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        host.Store.BeforeNextCommit(() => host.OkAsync(KvRequest.Write("config", """{"cas_required":true}""")));
        Assert.Equal("kv.cas_required", (await host.SendAsync(KvRequest.Write("data/a", """{"data":{}}"""))).Result);
    }

    [Fact]
    public async Task A_destroy_does_not_bring_back_a_version_that_was_removed_in_between()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        host.Store.BeforeNextCommit(() => host.OkAsync(KvRequest.Delete("metadata/a")));
        await host.OkAsync(KvRequest.Write("destroy/a", """{"versions":[1]}"""));
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Fact]
    public async Task Metadata_is_of_one_moment_while_versions_come_and_go()
    {
        using var hosts = await KvHosts.StartAsync(2);
        await hosts.Of(0).OkAsync(KvRequest.Write("metadata/race", """{"max_versions":16}"""));
        using var done = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                var metadata = await hosts.Of(1).OkAsync(KvRequest.Read("metadata/race"));
                var (oldest, current) = (metadata.At("oldest_version")!.GetValue<long>(), metadata.At("current_version")!.GetValue<long>());
                var expected = Enumerable.Range(0, (int)(current - Math.Max(oldest, 1) + 1)).Select(i => $"{Math.Max(oldest, 1) + i}");
                Assert.Equal(expected, metadata.At("versions")!.AsObject().Select(version => version.Key));
            }
        });
        for (var version = 0; version < 300; version++)
            await hosts.Of(0).OkAsync(KvRequest.Write("data/race", """{"data":{}}"""));
        await done.CancelAsync();
        await reader;
    }

    [Fact]
    public async Task Metadata_of_a_secret_that_is_written_with_every_look_ends()
    {
        using var hosts = await KvHosts.StartAsync(2);
        await hosts.Of(0).OkAsync(KvRequest.Write("metadata/a", """{"max_versions":20}"""));
        for (var version = 0; version < 30; version++)
            await hosts.Of(0).OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        WriteBeforeEachRead(hosts);
        var metadata = await hosts.Of(1).OkAsync(KvRequest.Read("metadata/a"));
        Assert.InRange(metadata.At("versions")!.AsObject().Count, 10, 20);
    }

    [Fact]
    public async Task A_read_of_a_secret_that_is_replaced_with_every_look_ends()
    {
        using var hosts = await KvHosts.StartAsync(2);
        await hosts.Of(0).OkAsync(KvRequest.Write("metadata/a", """{"max_versions":1}"""));
        await hosts.Of(0).OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        WriteBeforeEachRead(hosts);
        Assert.Equal("store.contention", (await hosts.Of(1).SendAsync(KvRequest.Read("data/a"))).Result);
    }

    [Fact]
    public async Task A_write_that_the_store_does_not_confirm_is_not_tried_again()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/first", """{"data":{}}"""));
        host.Store.OnCommit = static (_, _) => new(CommitOutcome.Unknown);
        var answer = await host.SendAsync(KvRequest.Write("data/a", """{"data":{}}"""));
        Assert.Equal("store.unknown_outcome", answer.Result);
        host.Store.OnCommit = static (_, commit) => commit();
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Read("data/a"))).Result);
    }

    [Fact]
    public async Task A_race_that_is_lost_every_time_ends()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("data/first", """{"data":{}}"""));
        host.Store.OnCommit = static (transaction, _) => new(CommitOutcome.Conflict(transaction.Changes[^1].Key));
        Assert.Equal("store.contention", (await host.SendAsync(KvRequest.Write("data/a", """{"data":{}}"""))).Result);
        host.Store.OnCommit = static (_, commit) => commit();
        Assert.Equal("ok", (await host.SendAsync(KvRequest.Write("data/a", """{"data":{}}"""))).Result);
    }

    private static void WriteBeforeEachRead(KvHosts hosts)
    {
        var writing = false;
        hosts.Of(0).Store.BeforeGet = async () =>
        {
            if (writing)
                return;
            writing = true;
            await hosts.Of(0).OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));
            writing = false;
        };
    }

    private static Task EachWriterAsync(Func<int, Task> write) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => write(writer))));
}
