using System.Net.Http.Headers;
using Kist.Client.Agent.Proxy;
using Kist.Client.Settings;
using Microsoft.AspNetCore.Http;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>What is passed on, and what of the wire is not.</summary>
public sealed class LocalApiProxyTests
{
    [Fact]
    public async Task Method_path_query_body_and_headers_go_through_and_the_answer_comes_back()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        api.Upstream.Answer = (http, _) =>
        {
            http.Response.Headers["X-Vault-Index"] = "17";
            return FakeUpstream.JsonAsync(http, 400, """{"errors":["no"]}""");
        };
        var (status, body, answer) = await api.SendAsync(
            "PATCH", "/v1/secret/data/a%20b?x=1&y=%2Fz", """{"data":{"a":"b"}}""", ("X-Vault-Namespace", "team"), ("X-Custom", "c"), ("User-Agent", "mine"));
        Assert.Equal((400, """{"errors":["no"]}"""), (status, body));
        Assert.Equal("17", answer.Headers.GetValues("X-Vault-Index").Single());
        var seen = api.Upstream.Single;
        Assert.Equal(("PATCH", "/v1/secret/data/a%20b?x=1&y=%2Fz", """{"data":{"a":"b"}}"""), (seen.Method, seen.Target, seen.Text));
        Assert.Equal(("team/", "c", "mine"), (seen.Header("X-Vault-Namespace"), seen.Header("X-Custom"), seen.Header("User-Agent")));
        Assert.Equal("application/json; charset=utf-8", seen.Header("Content-Type"));
    }

    [Fact]
    public async Task A_header_that_the_connection_names_ends_here_and_takes_no_token_with_it()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        await api.SendAsync(
            "GET", "/v1/secret/data/app", null, ("Connection", "X-Hop, X-Vault-Token"), ("X-Hop", "1"), ("Keep-Alive", "1"), ("TE", "trailers"),
            ("X-Vault-Token", "hvs.own"), ("Proxy-Authorization", "x"));
        var seen = api.Upstream.Single;
        Assert.Equal("hvs.own", seen.Header("X-Vault-Token"));
        Assert.All((string[])["X-Hop", "Keep-Alive", "TE", "Proxy-Authorization"], name => Assert.Null(seen.Header(name)));
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/secret/data/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 60\r\n\r\nhelloGET /v1/secret/data/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /v1/secret/data/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\nGET /v1/secret/data/smuggled HTTP/1.1\r\n\r\n")]
    public async Task A_second_request_in_the_body_of_a_first_is_not_sent_to_the_server(string rest)
    {
        var narrow = LocalApiFixture.Unix with { AllowedPaths = ["secret/data/app"] };
        await using var api = await LocalApiFixture.StartAsync(narrow);
        await api.RawAsync("POST /v1/secret/data/app HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + rest);
        Assert.DoesNotContain(api.Upstream.Requests, r => r.Target.Contains("smuggled"));
    }

    [Theory]
    [InlineData("X-Vault-Token: a\r\nX-Vault-Token: b\r\n")]
    [InlineData("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n")]
    [InlineData("X-Vault-Namespace: a\r\nX-Vault-Namespace: b\r\n")]
    [InlineData("X-Vault-Wrap-TTL: 1m\r\nX-Vault-Wrap-TTL: 2m\r\n")]
    public async Task A_header_that_counts_once_is_refused_twice(string headers)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.StartsWith("HTTP/1.1 400", await api.RawAsync("GET", "/v1/secret/data/app", headers));
        Assert.Empty(api.Upstream.Requests);
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_with_and_without_its_length()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.StartsWith("HTTP/1.1 413", await api.RawAsync("PUT", "/v1/secret/data/app", "Content-Length: 33554433\r\n"));
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/secret/data/app") { Content = new StreamContent(new Endless(40 * 1024 * 1024)) };
        request.Headers.TransferEncodingChunked = true;
        int status;
        try
        {
            status = (int)(await api.Http.SendAsync(request)).StatusCode;
        }
        catch (HttpRequestException)
        {
            // The connection was closed while the client still wrote.
            status = 413;
        }
        Assert.Equal(413, status);
        Assert.Empty(api.Upstream.Requests);
    }

    [Fact]
    public async Task An_agent_that_is_its_own_server_does_not_ask_itself_for_ever()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        await api.SendAsync("GET", "/v1/secret/data/app", null, ("Via", "1.1 other"));
        var via = api.Upstream.Single.Header("Via")!;
        Assert.StartsWith("1.1 other, 1.1 kist-agent-", via);
        Assert.Equal(508, (await api.SendAsync("GET", "/v1/secret/data/app", null, ("Via", via))).Status);
        Assert.Single(api.Upstream.Requests);
    }

    [Fact]
    public async Task Events_come_as_they_happen()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        api.Upstream.Answer = async (http, _) =>
        {
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync("event: begin\n\n");
            await http.Response.Body.FlushAsync();
            await next.Task;
            await http.Response.WriteAsync("event: change\n\n");
        };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/sys/watch?paths=secret/*");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var answer = await api.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("event: begin", await reader.ReadLineAsync());
        next.SetResult();
        Assert.Contains("event: change", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task An_answer_that_breaks_off_does_not_look_whole()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        api.Upstream.Answer = async (http, _) =>
        {
            await http.Response.WriteAsync("half");
            await http.Response.Body.FlushAsync();
            await seen.Task;
            http.Abort();
        };
        using var answer = await api.Http.GetAsync("/v1/secret/data/app", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        await body.ReadExactlyAsync(new byte[4]);
        seen.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => body.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task A_server_that_is_away_is_a_502_that_says_so_and_counts()
    {
        await using var api = await LocalApiFixture.StartAsync(
            LocalApiFixture.Unix, change: static o => o with { Settings = new ClientSettings { Address = ServerAddress.Parse("http://127.0.0.1:1") } });
        var (status, body, _) = await api.SendAsync("GET", "/v1/secret/data/app");
        Assert.Equal(502, status);
        Assert.Contains("cannot reach http://127.0.0.1:1", body);
        Assert.Contains(api.Options.Status.Counts, c => c is { Key: "kist_agent_proxy_failures_total", Value: 1 });
    }

    [Fact]
    public async Task The_agents_namespace_goes_with_requests_that_name_none_and_before_others_where_it_is_said()
    {
        await using var api = await LocalApiFixture.StartAsync(
            LocalApiFixture.Unix, change: static o => o with
            {
                Settings = o.Settings with { Namespace = "team" },
                Proxy = o.Proxy with { PrependNamespace = true },
            });
        await api.SendAsync("GET", "/v1/secret/data/app");
        await api.SendAsync("GET", "/v1/secret/data/app", null, ("X-Vault-Namespace", "part"));
        Assert.Equal(["team/", "team/part/"], api.Upstream.Requests.Select(r => r.Header("X-Vault-Namespace")!));
    }

    [Fact]
    public async Task Metrics_and_health_tell_how_the_parts_are_and_nothing_is_passed_on_where_they_are_all()
    {
        var metricsOnly = LocalApiFixture.Tcp with { Role = "metrics_only", ApiQuit = true };
        await using var api = await LocalApiFixture.StartAsync(metricsOnly);
        var status = api.Options.Status;
        status.Expect("login");
        Assert.Equal(503, (await api.SendAsync("GET", "/agent/v1/ready")).Status);
        status.Good("login");
        Assert.Equal((200, 200), ((await api.SendAsync("GET", "/agent/v1/ready")).Status, (await api.SendAsync("GET", "/agent/v1/health")).Status));
        status.Bad("login", "the server is \"away\"");
        var (health, body, _) = await api.SendAsync("GET", "/agent/v1/health");
        Assert.Equal((503, 200), (health, (await api.SendAsync("GET", "/agent/v1/ready")).Status));
        Assert.Contains("\"has_been_good\":true", body);
        Assert.Contains("away", body);
        Assert.Equal(200, (await api.SendAsync("GET", "/agent/v1/live")).Status);
        // Prometheus sends no header of ours.
        var metrics = await api.RawAsync("GET /agent/v1/metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.Contains("kist_agent_part_good{part=\"login\"} 0\n", metrics);
        Assert.Equal((404, 404), ((await api.SendAsync("GET", "/v1/secret/data/app")).Status, (await api.SendAsync("POST", "/agent/v1/quit")).Status));
        Assert.Empty(api.Upstream.Requests);
        Assert.False(api.HasQuit);
    }

    [Fact]
    public async Task The_agent_ends_by_request_only_where_it_is_said_and_not_by_a_read()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        Assert.Equal(404, (await api.SendAsync("POST", "/agent/v1/quit")).Status);
        await using var quits = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp with { ApiQuit = true });
        Assert.Equal(405, (await quits.SendAsync("GET", "/agent/v1/quit")).Status);
        Assert.StartsWith("HTTP/1.1 403", await quits.RawAsync("POST /agent/v1/quit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        Assert.False(quits.HasQuit);
        Assert.Equal(204, (await quits.SendAsync("POST", "/agent/v1/quit")).Status);
        Assert.True(SpinWait.SpinUntil(() => quits.HasQuit, TimeSpan.FromSeconds(30)));
    }

    /// <summary>So many bytes, without knowing its length.</summary>
    private sealed class Endless(long length) : Stream
    {
        private long left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => 0; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var given = (int)Math.Min(left, count);
            left -= given;
            return given;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    [Fact]
    public async Task A_method_that_is_another_by_its_case_is_refused()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.StartsWith("HTTP/1.1 400", await api.RawAsync("post", "/v1/sys/leases/revoke"));
        Assert.Empty(api.Upstream.Requests);
    }

    [Fact]
    public async Task Reasons_of_failures_are_for_this_machine_alone()
    {
        var listener = LocalApiFixture.Tcp with { Address = "0.0.0.0:0", Role = "metrics_only", CheckHost = false, RequireRequestHeader = false };
        await using var api = await LocalApiFixture.StartAsync(listener, AutoAuthTokenUse.None);
        api.Options.Status.Bad("template /etc/app/secret", "the path secret/data/app is refused");
        var (status, body, _) = await api.SendAsync("GET", "/agent/v1/health");
        Assert.Equal(503, status);
        Assert.Contains("template", body);
        Assert.DoesNotContain("secret/data/app", body);
    }
}
