using Kist.Engines.Kv;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>What the limits of the store mean for secrets: sizes, long paths and many versions.</summary>
public sealed class KvLimitTests
{
    private static readonly int Room = KvFailures.EntryBytes - VersionEntry.HeaderBytes - """{"k":""}""".Length;

    [Fact]
    public async Task A_secret_may_fill_an_entry_and_no_more()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(Write("a", Room));
        var refused = await host.SendAsync(Write("a", Room + 1));
        Assert.Equal("kv.too_large", refused.Result);
        Assert.Equal(1, (await host.OkAsync(KvRequest.Read("data/a"))).At("metadata", "version")!.GetValue<int>());
    }

    [Fact]
    public async Task A_patch_may_not_grow_a_secret_beyond_an_entry()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(Write("a", Room));
        Assert.Equal("kv.too_large", (await host.SendAsync(KvRequest.Patch("data/a", """{"data":{"more":1}}"""))).Result);
    }

    [Fact]
    public async Task The_largest_write_fits_a_transaction()
    {
        using var host = await KvHost.StartAsync("2");
        var path = new string('p', KvPath.MaxBytes);
        var labels = string.Join(',', Enumerable.Range(0, 64).Select(i => $"\"{i:D2}{new string('\\', 252)}\":\"{new string('\\', 1_024)}\""));
        await host.OkAsync(KvRequest.Write($"metadata/{path}", $$$"""{"max_versions":40,"custom_metadata":{ {{{labels}}} }}"""));
        for (var version = 1; version <= 40; version++)
            await host.OkAsync(Write(path, 1));
        await host.OkAsync(KvRequest.Write($"metadata/{path}", """{"max_versions":1}"""));

        Assert.Equal(41, (await host.OkAsync(Write(path, Room))).Version);
        Assert.Equal(17, await OldestAsync(host, path));
    }

    [Fact]
    public async Task Lowering_max_versions_removes_a_bounded_number_with_each_write()
    {
        using var host = await KvHost.StartAsync("2");
        await host.OkAsync(KvRequest.Write("config", """{"max_versions":100}"""));
        for (var version = 1; version <= 40; version++)
            await host.OkAsync(Write("a", 1));
        await host.OkAsync(KvRequest.Write("config", """{"max_versions":2}"""));

        foreach (var oldest in new[] { 17, 33, 42, 43 })
        {
            await host.OkAsync(Write("a", 1));
            Assert.Equal(oldest, await OldestAsync(host, "a"));
        }
        Assert.Equal(["h/a", "v/a\00000000000000043", "v/a\00000000000000044"], await host.StoredPathsAsync());
    }

    [Fact]
    public async Task A_secret_with_many_versions_is_read_and_deleted_whole()
    {
        using var host = await KvHost.StartAsync("2");
        const int versions = 200;
        await host.OkAsync(KvRequest.Write("metadata/a", """{"max_versions":1000}"""));
        for (var version = 1; version <= versions; version++)
            await host.OkAsync(Write("a", 1));
        Assert.Equal(versions, (await host.OkAsync(KvRequest.Read("metadata/a"))).At("versions")!.AsObject().Count);

        await host.OkAsync(KvRequest.Write("destroy/a", $$"""{"versions":[{{string.Join(',', Enumerable.Range(1, 50))}}]}"""));
        var states = (await host.OkAsync(KvRequest.Read("metadata/a"))).At("versions")!.AsObject();
        Assert.Equal(50, states.Count(state => state.Value!["destroyed"]!.GetValue<bool>()));

        await host.OkAsync(KvRequest.Delete("metadata/a"));
        Assert.Empty(await host.StoredPathsAsync());
    }

    [Fact]
    public async Task Large_versions_change_state_in_steps()
    {
        using var host = await KvHost.StartAsync("2");
        for (var version = 1; version <= 4; version++)
            await host.OkAsync(Write("a", Room));
        await host.OkAsync(KvRequest.Write("delete/a", """{"versions":[4,3,2,1,1]}"""));
        for (var version = 1; version <= 4; version++)
            Assert.Equal("gone", (await host.SendAsync(KvRequest.Read($"data/a?version={version}"))).Result);
        await host.OkAsync(KvRequest.Write("undelete/a", """{"versions":"1,2,3,4"}"""));
        Assert.Equal(Room, (await host.OkAsync(KvRequest.Read("data/a?version=1"))).At("data", "k")!.GetValue<string>().Length);
    }

    [Theory]
    [InlineData("a//b")]
    [InlineData("a\u0000b")]
    public async Task A_bad_path_is_refused_everywhere(string path)
    {
        using var host = await KvHost.StartAsync("2");
        KvRequest[] requests =
        [
            KvRequest.Read($"data/{path}"), Write(path, 1), KvRequest.Patch($"data/{path}", """{"data":{}}"""), KvRequest.Delete($"data/{path}"),
            KvRequest.Read($"subkeys/{path}"), KvRequest.Write($"delete/{path}", """{"versions":[1]}"""),
            KvRequest.Write($"undelete/{path}", """{"versions":[1]}"""), KvRequest.Write($"destroy/{path}", """{"versions":[1]}"""),
            KvRequest.Read($"metadata/{path}"), KvRequest.Write($"metadata/{path}", """{"max_versions":1}"""),
            KvRequest.Patch($"metadata/{path}", """{"max_versions":1}"""), KvRequest.Delete($"metadata/{path}"),
        ];
        foreach (var request in requests)
            Assert.Equal("kv.invalid_path", (await host.SendAsync(request)).Result);
        Assert.Empty(await host.StoredPathsAsync());
    }

    private static KvRequest Write(string path, int length) =>
        KvRequest.Write($"data/{path}", $$$"""{"data":{"k":"{{{new string('x', length)}}}"}}""");

    private static async Task<int> OldestAsync(KvHost host, string path) =>
        (await host.OkAsync(KvRequest.Read($"metadata/{path}"))).At("oldest_version")!.GetValue<int>();
}
