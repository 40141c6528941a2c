using Kist.Client.Run;
using Kist.Client.Run.Watching;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Watching;

/// <summary>What counts as a change.</summary>
public sealed class PollingWatchTests : IDisposable
{
    private readonly FakeServer server = new();
    private readonly KistClient client;
    private readonly ReadVersions versions = new();

    public PollingWatchTests() =>
        client = new KistClient(new ClientSettings { Retry = new RetryPolicy { MaxRetries = 0 } }, TimeProvider.System, server);

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task New_version_in_the_metadata_is_a_change()
    {
        Note("secret/data/app", 2, Data("a", 2));
        server.On("GET secret/metadata/app", 200, Metadata(2)).On("GET secret/metadata/app", 503).On("GET secret/metadata/app", 200, Metadata(3));
        Assert.Equal("secret/data/app", await WaitAsync());
        Assert.Equal(["GET secret/metadata/app", "GET secret/metadata/app", "GET secret/data/app", "GET secret/metadata/app"], server.Requests.Select(r => r.Line));
    }

    [Fact]
    public async Task Who_may_not_see_the_metadata_reads_the_secret()
    {
        Note("secret/data/app", 2, Data("a", 2));
        server.On("GET secret/metadata/app", 403, """{"errors":["permission denied"]}""")
            .On("GET secret/data/app", 200, Data("a", 2)).On("GET secret/data/app", 200, Data("b", 3));
        Assert.Equal("secret/data/app", await WaitAsync());
    }

    [Fact]
    public async Task Secret_without_versions_has_changed_when_its_data_has()
    {
        Note("kv/app", null, """{"request_id":"1","data":{"a":"1"}}""");
        server.On("GET kv/app", 200, """{"request_id":"2","data":{"a":"1"}}""").Break("GET kv/app").On("GET kv/app", 200, """{"request_id":"3","data":{"a":"2"}}""");
        Assert.Equal("kv/app", await WaitAsync());
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Page_of_a_proxy_is_no_change_and_no_failure()
    {
        Note("kv/app", null, """{"data":{"a":"1"}}""");
        server.On("GET kv/app", 200, "<html>Maintenance</html>").On("GET kv/app", 200, "[1]").On("GET kv/app", 200, """{"data":{"a":"2"}}""");
        Assert.Equal("kv/app", await WaitAsync());
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Leased_secret_is_not_read_again()
    {
        versions.Note(SecretId.Parse("db/creds/app#x"), null, "{}"u8.ToArray(), isLeased: true);
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Watch().WaitAsync(versions.All, stop.Token));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void What_was_read_and_not_used_is_a_change_still()
    {
        Note("kv/app", null, """{"data":{"a":"1"}}""");
        var before = versions.All;
        Note("kv/app", null, """{"data":{"a":"2"}}""");
        Assert.NotEqual(before, versions.All);
        versions.Restore(before);
        Assert.Equal(before, versions.All);
    }

    private static string Metadata(int version) => $$$"""{"data":{"current_version": {{{version}}} }}""";

    private static string Data(string value, int version) => $$$$"""{"data":{"data":{"a":"{{{{value}}}}"},"metadata":{"version": {{{{version}}}} }}}""";

    private PollingWatch Watch() => new(() => client, TimeSpan.FromMilliseconds(1), TimeProvider.System);

    private Task<string> WaitAsync() => Watch().WaitAsync(versions.All, default);

    private void Note(string path, long? version, string body) =>
        versions.Note(SecretId.Parse($"{path}#a"), version, System.Text.Encoding.UTF8.GetBytes(body), isLeased: false);
}
