using Kist.Client.Agent.Proxy;
using Microsoft.AspNetCore.Http;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>A standby that sends its clients on: the agent goes there with its token, or nobody does.</summary>
public sealed class LocalApiRedirectionTests
{
    private const string Target = "/v1/secret/data/app?version=2";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_redirection_to_another_port_of_the_server_is_followed_with_all_that_the_request_has(bool caches)
    {
        await using var active = await FakeUpstream.StartAsync();
        await using var api = await StartAsync($"{active.Address}{Target}", caches: caches);
        var (status, body, _) = await api.SendAsync("POST", Target, """{"data":1}""", ("X-Custom", "kept"));
        Assert.Equal((200, """{"data":{"ok":true}}"""), (status, body));
        var sent = active.Single;
        Assert.Equal(("POST", Target, """{"data":1}"""), (sent.Method, sent.Target, sent.Text));
        Assert.Equal((LocalApiFixture.AgentsToken, "kept", "true"), (sent.Header("X-Vault-Token"), sent.Header("X-Custom"), sent.Header("X-Vault-Request")));
        Assert.StartsWith("application/json", sent.Header("Content-Type"));
    }

    [Theory]
    [InlineData("http://localhost:{0}/v1/secret/data/app?version=2", "where nothing was sent")]
    [InlineData("ftp://127.0.0.1:{0}/v1/secret/data/app?version=2", "TLS")]
    [InlineData("http://127.0.0.1:{0}/v1/secret/data/other?version=2", "another path")]
    [InlineData(null, "not followed")]
    public async Task Neither_token_nor_caller_goes_to_another_host_another_path_or_nowhere(string? location, string reason)
    {
        await using var other = await FakeUpstream.StartAsync();
        await using var api = await StartAsync(location?.Replace("{0}", $"{new Uri(other.Address).Port}"));
        var (status, body, answer) = await api.SendAsync("GET", Target);
        Assert.Equal(502, status);
        Assert.Contains(reason, body);
        Assert.Null(answer.Headers.Location);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(308)]
    public async Task No_kind_of_redirection_reaches_a_caller(int kind)
    {
        await using var api = await StartAsync("http://evil.example/v1/secret/data/app?version=2", kind);
        var (status, _, answer) = await api.SendAsync("GET", Target);
        Assert.Equal((502, null), (status, answer.Headers.Location));
    }

    [Fact]
    public async Task A_server_that_sends_its_clients_on_twice_is_followed_once()
    {
        await using var second = await FakeUpstream.StartAsync();
        await using var third = await FakeUpstream.StartAsync();
        second.Answer = (http, _) => Redirect(http, 307, third.Address + Target);
        await using var api = await StartAsync(second.Address + Target);
        var (status, body, answer) = await api.SendAsync("GET", Target);
        Assert.Equal((502, null), (status, answer.Headers.Location));
        Assert.Contains("one redirection is followed", body);
        Assert.Single(second.Requests);
        Assert.Empty(third.Requests);
    }

    [Fact]
    public async Task A_body_that_was_passed_on_as_it_came_is_not_sent_again_without_its_beginning()
    {
        await using var active = await FakeUpstream.StartAsync();
        await using var api = await StartAsync(active.Address + Target);
        var (status, body, answer) = await api.SendAsync("POST", Target, new string('x', 300 * 1024));
        Assert.Equal((502, null), (status, answer.Headers.Location));
        Assert.Contains("too large, or of unknown length, and cannot be sent a second time", body);
        Assert.Empty(active.Requests);
    }

    private static async Task<LocalApiFixture> StartAsync(string? location, int kind = 307, bool caches = false)
    {
        var api = await LocalApiFixture.StartAsync(
            LocalApiFixture.Unix, change: o => o with { Cache = new CacheConfig(caches, 1 << 20) });
        api.Upstream.Answer = (http, _) => Redirect(http, kind, location);
        return api;
    }

    private static Task Redirect(HttpContext http, int kind, string? location)
    {
        if (location is not null)
            http.Response.Headers.Location = location;
        return FakeUpstream.JsonAsync(http, kind, "{}");
    }
}
