using Kist.Core.Tests.Storage;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>
/// A node whose cache does not know yet what another has written. It may answer reads as of a moment ago; it may not take that for the reason to do
/// nothing, or for the absence of what was there all the time.
/// </summary>
public sealed class KvStaleCacheTests : IAsyncLifetime
{
    private KvHost writer = null!;
    private KvHost behind = null!;
    private Gate watched = null!;

    public async Task InitializeAsync()
    {
        writer = await KvHost.StartAsync("2");
        (behind, watched) = await writer.StartCachingPeerAsync();
    }

    public Task DisposeAsync()
    {
        watched.Open();
        behind.Dispose();
        writer.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task A_delete_of_the_latest_version_finds_one_that_was_just_written()
    {
        await WriteAsync(behind);
        await behind.OkAsync(KvRequest.Delete("data/a"));
        watched.Close();
        await WriteAsync(writer);
        Assert.True((await behind.OkAsync(KvRequest.Delete("data/a"))).Index > 0);
        Assert.Equal("gone", (await writer.SendAsync(KvRequest.Read("data/a?version=2"))).Result);
    }

    [Fact]
    public async Task A_delete_finds_a_version_that_was_just_undeleted()
    {
        await WriteAsync(behind);
        await behind.OkAsync(KvRequest.Delete("data/a"));
        watched.Close();
        await writer.OkAsync(KvRequest.Write("undelete/a", """{"versions":[1]}"""));
        await behind.OkAsync(KvRequest.Delete("data/a"));
        Assert.Equal("gone", (await writer.SendAsync(KvRequest.Read("data/a"))).Result);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("destroy")]
    public async Task A_version_that_was_just_written_can_be_named(string change)
    {
        await WriteAsync(behind);
        watched.Close();
        await WriteAsync(writer);
        await behind.OkAsync(KvRequest.Write($"{change}/a", """{"versions":[2]}"""));
        Assert.Equal("gone", (await writer.SendAsync(KvRequest.Read("data/a"))).Result);
    }

    [Fact]
    public async Task An_undelete_finds_a_version_that_was_just_deleted()
    {
        await WriteAsync(behind);
        await behind.OkAsync(KvRequest.Read("data/a"));
        watched.Close();
        await writer.OkAsync(KvRequest.Delete("data/a"));
        await behind.OkAsync(KvRequest.Write("undelete/a", """{"versions":[1]}"""));
        await writer.OkAsync(KvRequest.Read("data/a"));
    }

    [Fact]
    public async Task Settings_that_were_just_changed_are_changed_back()
    {
        await behind.OkAsync(KvRequest.Write("config", """{"max_versions":5}"""));
        watched.Close();
        await writer.OkAsync(KvRequest.Write("config", """{"max_versions":7}"""));
        await behind.OkAsync(KvRequest.Write("config", """{"max_versions":5}"""));
        Assert.Equal(5, (await writer.OkAsync(KvRequest.Read("config"))).At("max_versions")!.GetValue<int>());
    }

    [Fact]
    public async Task Labels_that_were_just_removed_make_room()
    {
        var labels = string.Join(',', Enumerable.Range(0, 64).Select(i => $"\"{i}\":\"v\""));
        await behind.OkAsync(KvRequest.Write("metadata/a", $$$"""{"custom_metadata":{ {{{labels}}} }}"""));
        watched.Close();
        await writer.OkAsync(KvRequest.Patch("metadata/a", """{"custom_metadata":{"0":null}}"""));
        await behind.OkAsync(KvRequest.Patch("metadata/a", """{"custom_metadata":{"x":"v"}}"""));
    }

    [Fact]
    public async Task A_secret_whose_known_version_was_replaced_is_found()
    {
        await OnlyHeadIsKnownAsync();
        await behind.OkAsync(KvRequest.Read("data/a"));
    }

    [Fact]
    public async Task A_secret_whose_known_version_was_replaced_is_patched()
    {
        await OnlyHeadIsKnownAsync();
        Assert.Equal(3, (await behind.OkAsync(KvRequest.Patch("data/a", """{"data":{"k":1}}"""))).Version);
    }

    [Fact]
    public async Task A_patch_finds_a_version_that_was_just_undeleted()
    {
        await WriteAsync(behind);
        await behind.OkAsync(KvRequest.Delete("data/a"));
        watched.Close();
        await writer.OkAsync(KvRequest.Write("undelete/a", """{"versions":[1]}"""));
        Assert.Equal(2, (await behind.OkAsync(KvRequest.Patch("data/a", """{"data":{"k":1}}"""))).Version);
    }

    [Fact]
    public async Task Metadata_of_a_secret_that_was_just_removed_is_not_found()
    {
        await WriteAsync(behind);
        // Before the node's own last commit is delivered: the whole of a delivered one may be answered for a moment.
        watched.Close();
        await behind.OkAsync(KvRequest.Write("metadata/a", """{"max_versions":3}"""));
        await writer.OkAsync(KvRequest.Delete("metadata/a"));
        var read = Task.Run(() => behind.SendAsync(KvRequest.Read("metadata/a")));
        Assert.Equal("not_found", (await read.WaitAsync(TimeSpan.FromMinutes(1))).Result);
    }

    private static Task<KvAnswer> WriteAsync(KvHost host) => host.OkAsync(KvRequest.Write("data/a", """{"data":{}}"""));

    /// <summary>The node knows the head of version 1, which is there no more: version 2 is.</summary>
    private async Task OnlyHeadIsKnownAsync()
    {
        await WriteAsync(writer);
        await behind.OkAsync(KvRequest.Write("metadata/a", """{"max_versions":1}"""));
        watched.Close();
        await WriteAsync(writer);
    }
}
