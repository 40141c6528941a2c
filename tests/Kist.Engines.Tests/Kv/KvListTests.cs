namespace Kist.Engines.Tests.Kv;

/// <summary>Lists and scans, which both versions answer alike.</summary>
public sealed class KvListTests
{
    public static TheoryData<string, string> Versions => new() { { "1", "" }, { "2", "metadata/" } };

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_list_names_children_and_folders_once(string version, string area)
    {
        using var host = await StartAsync(version, "foo", "foo/bar", "foo/baz/x", "foo/baz/y", "fox");
        Assert.Equal(["foo", "foo/", "fox"], (await host.OkAsync(KvRequest.List(area))).Keys);
        Assert.Equal(["bar", "baz/"], (await host.OkAsync(KvRequest.List(area + "foo/"))).Keys);
        Assert.Equal(["bar", "baz/"], (await host.OkAsync(KvRequest.List(area + "foo"))).Keys);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_scan_names_everything_below(string version, string area)
    {
        using var host = await StartAsync(version, "foo", "foo/bar", "foo/baz/x", "fox");
        Assert.Equal(["foo", "foo/bar", "foo/baz/x", "fox"], (await host.OkAsync(KvRequest.Scan(area))).Keys);
        Assert.Equal(["bar", "baz/x"], (await host.OkAsync(KvRequest.Scan(area + "foo/"))).Keys);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Pages_follow_each_other_without_gap_or_repeat(string version, string area)
    {
        string[] paths = [.. Enumerable.Range(0, 25).Select(i => $"{i:D2}/x"), .. Enumerable.Range(0, 25).Select(i => $"{i:D2}")];
        using var host = await StartAsync(version, paths);
        var all = (await host.OkAsync(KvRequest.List(area))).Keys;
        Assert.Equal(50, all.Count);
        var paged = new List<string>();
        while (await host.SendAsync(KvRequest.List($"{area}?after={(paged.Count == 0 ? "" : paged[^1])}&limit=7")) is { Result: "ok" } page)
        {
            Assert.InRange(page.Keys.Count, 1, 7);
            paged.AddRange(page.Keys);
        }
        Assert.Equal(all, paged);
        Assert.Equal(all.Skip(2), (await host.OkAsync(KvRequest.List($"{area}?after=00/"))).Keys);
        Assert.Equal(all.Skip(2), (await host.OkAsync(KvRequest.List($"{area}?after=00zzz"))).Keys);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Nothing_to_list_is_not_found(string version, string area)
    {
        using var host = await StartAsync(version, "foo/bar");
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.List(area + "none/"))).Result);
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.Scan(area + "foo/bar/"))).Result);
        Assert.Equal("not_found", (await host.SendAsync(KvRequest.List($"{area}foo/?after=zzz"))).Result);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_bad_folder_is_refused(string version, string area)
    {
        using var host = await StartAsync(version, "foo/bar");
        Assert.Equal("kv.invalid_path", (await host.SendAsync(KvRequest.List(area + "foo//bar/"))).Result);
        Assert.Equal("kv.invalid_path", (await host.SendAsync(KvRequest.Scan(area + "f\u0001o/"))).Result);
        Assert.Equal("kv.invalid_after", (await host.SendAsync(KvRequest.List($"{area}foo/?after={new string('z', 4_000)}"))).Result);
    }

    private static async Task<KvHost> StartAsync(string version, params string[] paths)
    {
        var host = await KvHost.StartAsync(version);
        foreach (var path in paths)
            await host.OkAsync(version == "1" ? KvRequest.Write(path, """{"k":"v"}""") : KvRequest.Write($"data/{path}", """{"data":{}}"""));
        return host;
    }
}
