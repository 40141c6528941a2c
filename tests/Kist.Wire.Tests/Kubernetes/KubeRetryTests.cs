using System.Text;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Wire.Tests.Kubernetes;

/// <summary>What a real API server does too seldom to wait for.</summary>
public sealed class KubeRetryTests
{
    private const string Status429 = """{"kind":"Status","code":429,"reason":"TooManyRequests","message":"slow down"}""";
    private static readonly string Object = ScriptedServer.Answer(200, """{"kind":"Secret","metadata":{"name":"x","namespace":"n","resourceVersion":"7"}}""");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(500)]
    public async Task Request_that_the_server_puts_off_is_sent_again(int status)
    {
        using var server = new ScriptedServer(ScriptedServer.Answer(status, Status429, "Retry-After: 0"), Object);
        using var client = Client(server.Connection);
        using var read = await client.UpdateAsync(KubeResource.Secrets, "n", "x", "{}"u8.ToArray(), default);
        Assert.Equal("7", read.Metadata.ResourceVersion);
        Assert.Equal(["PUT /api/v1/namespaces/n/secrets/x", "PUT /api/v1/namespaces/n/secrets/x"], server.Lines);
        Assert.All(server.Requests, request => Assert.EndsWith("\r\n\r\n{}", request));
    }

    [Fact]
    public async Task Refusal_without_a_time_to_wait_is_final()
    {
        using var server = new ScriptedServer(ScriptedServer.Answer(429, Status429), Object);
        using var client = Client(server.Connection);
        var refused = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Secrets, "n", "x", default));
        Assert.Equal((KubeError.TooManyRequests, "slow down"), (refused.Error, refused.Message));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Server_that_always_puts_off_is_given_up()
    {
        using var server = new ScriptedServer([.. Enumerable.Repeat(ScriptedServer.Answer(429, Status429, "Retry-After: 0"), 5)]);
        using var client = Client(server.Connection, attempts: 3);
        await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Secrets, "n", "x", default));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Read_over_a_broken_connection_is_repeated_and_a_creation_is_not()
    {
        using var server = new ScriptedServer("", "HTTP/1.1 200 Said\r\nContent-Length: 100\r\n\r\nhalf", Object, "", Object);
        using var client = Client(server.Connection);
        using var read = await client.GetAsync(KubeResource.Secrets, "n", "x", default);
        Assert.Equal(3, server.Requests.Count);
        var broken = await Assert.ThrowsAsync<KubeException>(() => client.CreateAsync(KubeResource.Secrets, "n", "{}"u8.ToArray(), default));
        Assert.Equal((KubeError.Unavailable, true), (broken.Error, broken.MayHaveHappened));
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task Server_that_is_not_there_is_named()
    {
        using var client = Client(new KubeConnection { Server = new Uri("http://127.0.0.1:1") }, attempts: 2);
        var failed = await Assert.ThrowsAsync<KubeException>(() => client.GetRawAsync("/version", default));
        Assert.Equal((KubeError.Unavailable, false), (failed.Error, failed.MayHaveHappened));
        Assert.StartsWith("the API server http://127.0.0.1:1 cannot be reached", failed.Message);
    }

    [Fact]
    public async Task Redirect_is_not_followed()
    {
        using var elsewhere = new ScriptedServer(Object);
        using var server = new ScriptedServer(ScriptedServer.Answer(302, "", $"Location: {elsewhere.Connection.Server}"));
        using var client = Client(server.Connection);
        await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Secrets, "n", "x", default));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Answer_larger_than_the_bound_is_refused()
    {
        using var server = new ScriptedServer(Object);
        using var client = new KubeClient(new KubeOptions { Connection = server.Connection, MaxReceiveBytes = 20 });
        var refused = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Secrets, "n", "x", default));
        Assert.Equal(KubeError.Malformed, refused.Error);
    }

    [Theory]
    [InlineData("plain words")]
    [InlineData("[]")]
    [InlineData("""{"kind":"Secret"}""")]
    [InlineData("""{"metadata":"text"}""")]
    [InlineData("""{"metadata":{"name":"x"}""")]
    public async Task Answer_that_is_no_object_is_refused_and_not_repeated(string body)
    {
        using var server = new ScriptedServer(ScriptedServer.Answer(200, body));
        using var client = Client(server.Connection);
        var refused = await Assert.ThrowsAsync<KubeException>(() => client.GetAsync(KubeResource.Secrets, "n", "x", default));
        Assert.Equal(KubeError.Malformed, refused.Error);
        Assert.DoesNotContain(body, refused.ToString());
    }

    [Fact]
    public async Task Watch_goes_on_from_its_last_bookmark_after_the_connection_broke()
    {
        const string Bookmark = """{"type":"BOOKMARK","object":{"kind":"Secret","metadata":{"resourceVersion":"50"}}}""";
        const string Added = """{"type":"ADDED","object":{"kind":"Secret","metadata":{"name":"x","namespace":"n","resourceVersion":"60"}}}""";
        const string Gone = """{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}""";
        using var server = new ScriptedServer(
            ScriptedServer.Answer(200, Bookmark + "\n" + Added[..40]), ScriptedServer.Answer(200, Added + "\n"), ScriptedServer.Answer(200, Gone + "\n"));
        using var client = Client(server.Connection);
        using var timer = new CancellationTokenSource(Patience);
        var seen = new List<string>();
        var gone = await Assert.ThrowsAsync<KubeException>(async () =>
        {
            await foreach (var change in client.WatchAsync(new KubeWatchQuery(KubeResource.Secrets, "10"), timer.Token))
                seen.Add($"{change.Change} {change.Object.Metadata.ResourceVersion}");
        });
        Assert.Equal((KubeError.Gone, "too old"), (gone.Error, gone.Message));
        Assert.Equal(["Bookmark 50", "Added 60"], seen);
        Assert.Equal(["10", "50", "60"], server.Lines.Select(line => line.Split("resourceVersion=")[1].Split('&')[0]));
    }

    [Fact]
    public void Objects_print_no_content()
    {
        var json = """{"kind":"Secret","metadata":{"name":"x","namespace":"n"},"data":{"value":"cGxhaW4="}}""";
        var bytes = Encoding.UTF8.GetBytes(json);
        var read = KubeObject.Parse(bytes);
        Assert.Equal("Secret n/x", read.ToString());
        read.Dispose();
        Assert.All(bytes, b => Assert.Equal(0, b));
    }

    private static KubeClient Client(KubeConnection connection, int attempts = 10) =>
        new(new KubeOptions { Connection = connection, Attempts = attempts, RetryDelay = TimeSpan.FromMilliseconds(1) });
}
