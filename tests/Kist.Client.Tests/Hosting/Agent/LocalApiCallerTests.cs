using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Kist.Client.Agent.Proxy;
using Kist.Client.Agent.Templates;
using Kist.Hosting;
using Kist.Hosting.Agent.Local;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>Who could misuse the local API: other users, web pages, the network.</summary>
public sealed class LocalApiCallerTests
{
    [Fact]
    public async Task A_loopback_request_without_the_request_header_is_refused_before_anything_is_sent()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        var answer = await api.RawAsync("GET /v1/secret/data/app HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403", answer);
        Assert.Contains("X-Vault-Request", answer);
        Assert.Empty(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true, true")]
    [InlineData("")]
    public async Task A_request_header_that_is_not_true_is_none(string value)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        var answer = await api.RawAsync($"GET /v1/secret/data/app HTTP/1.1\r\nHost: localhost\r\nX-Vault-Request: {value}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 403", answer);
        Assert.Empty(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:8100")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("192.168.1.5")]
    [InlineData("0.0.0.0")]
    [InlineData("")]
    public async Task A_name_that_was_rebound_to_loopback_is_refused(string host)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        var answer = await api.RawAsync($"GET /v1/secret/data/app HTTP/1.1\r\nHost: {host}\r\nX-Vault-Request: true\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 40", answer);
        Assert.Empty(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:8100")]
    [InlineData("127.0.0.1:8100")]
    [InlineData("127.5.4.3")]
    [InlineData("[::1]:8100")]
    public async Task Loopback_by_any_of_its_names_is_served(string host)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        var answer = await api.RawAsync($"GET /v1/secret/data/app HTTP/1.1\r\nHost: {host}\r\nX-Vault-Request: true\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer);
    }

    [Fact]
    public async Task A_target_with_another_host_than_the_header_is_refused()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        var answer = await api.RawAsync("GET", "http://evil.example/v1/secret/data/app");
        Assert.StartsWith("HTTP/1.1 40", answer);
        Assert.Empty(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("Origin: http://localhost")]
    [InlineData("Origin: null")]
    [InlineData("Sec-Fetch-Site: same-origin")]
    public async Task What_a_browser_sends_for_a_page_is_refused_though_all_else_is_right(string header)
    {
        foreach (var listener in (AgentListenerConfig[])[LocalApiFixture.Tcp, LocalApiFixture.Tcp with { RequireRequestHeader = false, CheckHost = false }, LocalApiFixture.Unix])
        {
            await using var api = await LocalApiFixture.StartAsync(listener);
            var answer = await api.RawAsync("GET", "/v1/secret/data/app", header + "\r\n");
            Assert.StartsWith("HTTP/1.1 403", answer);
            Assert.Empty(api.Upstream.Requests);
        }
    }

    [Fact]
    public async Task A_preflight_gets_no_leave_and_no_answer_bears_cors_headers()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        api.Upstream.Answer = (http, _) =>
        {
            http.Response.Headers["Access-Control-Allow-Origin"] = "*";
            return FakeUpstream.JsonAsync(http, 200, "{}");
        };
        var preflight = await api.RawAsync("OPTIONS", "/v1/secret/data/app", "Origin: http://evil.example\r\nAccess-Control-Request-Headers: x-vault-request\r\n");
        Assert.StartsWith("HTTP/1.1 403", preflight);
        var answer = await api.RawAsync("GET", "/v1/secret/data/app");
        Assert.DoesNotContain("Access-Control", preflight + answer, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Both_checks_are_switched_off_by_name()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp with { RequireRequestHeader = false, CheckHost = false });
        var answer = await api.RawAsync("GET /v1/secret/data/app HTTP/1.1\r\nHost: app.internal\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer);
    }

    [Fact]
    public async Task A_socket_has_its_mode_and_asks_for_no_headers()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(api.Socket));
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/secret/data/app")).Status);
    }

    [FactAsRoot]
    public async Task Another_user_whom_the_sockets_mode_lets_in_is_refused_unless_the_check_is_off()
    {
        var open = LocalApiFixture.Unix with { SocketMode = (UnixFileMode)0x1B6 };
        await using var api = await LocalApiFixture.StartAsync(open);
        Assert.Equal("403", await StatusAsOtherUserAsync(api.Socket));
        Assert.Empty(api.Upstream.Requests);
        await using var unchecked_ = await LocalApiFixture.StartAsync(open with { CheckPeer = false });
        Assert.Equal("200", await StatusAsOtherUserAsync(unchecked_.Socket));
    }

    [FactAsRoot]
    public async Task A_socket_is_given_to_its_owner_before_anybody_can_connect()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix with { SocketUser = "12345", CheckPeer = false });
        Assert.Equal("200", await StatusAsOtherUserAsync(api.Socket));
    }

    [Fact]
    public async Task The_513th_connection_is_closed_and_served_again_when_others_have_gone()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Tcp);
        var address = IPEndPoint.Parse(new Uri(api.Address).Authority);
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 512; i++)
            {
                open.Add(new TcpClient());
                await open[^1].ConnectAsync(address);
                // A connection that was served is counted.
                var stream = open[^1].GetStream();
                await stream.WriteAsync("GET /agent/v1/live HTTP/1.1\r\nHost: localhost\r\nX-Vault-Request: true\r\n\r\n"u8.ToArray());
                Assert.NotEqual(0, await stream.ReadAsync(new byte[1024]));
            }
            Assert.Equal("", await api.RawAsync("GET", "/agent/v1/live"));
        }
        finally
        {
            open.ForEach(static c => c.Dispose());
        }
        var answer = "";
        for (var i = 0; i < 300 && answer.Length == 0; i++)
        {
            await Task.Delay(100);
            answer = await api.RawAsync("GET", "/agent/v1/live");
        }
        Assert.StartsWith("HTTP/1.1 200", answer);
    }

    [Fact]
    public async Task A_socket_that_is_served_is_not_taken_over()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        var second = api.Options with { Listeners = [LocalListener.Create(LocalApiFixture.Unix with { Address = api.Socket }, true)] };
        await Assert.ThrowsAsync<ConfigException>(() => LocalApi.StartAsync(second, CancellationToken.None));
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/secret/data/app")).Status);
    }

    [Theory]
    [InlineData("0.0.0.0:8100")]
    [InlineData("[::]:8100")]
    [InlineData("10.0.0.5:8100")]
    public void An_address_of_the_network_is_refused_in_clear_and_never_lends_the_agents_token(string address)
    {
        var plain = new AgentListenerConfig { Address = address, TlsDisable = true };
        Assert.Contains("loopback", Assert.Throws<ConfigException>(() => LocalListener.Create(plain, lendsToken: false)).Message);
        var tls = new AgentListenerConfig { Address = address, TlsCertFile = "c", TlsKeyFile = "k" };
        Assert.Contains("use_auto_auth_token", Assert.Throws<ConfigException>(() => LocalListener.Create(tls, lendsToken: true)).Message);
        Assert.False(LocalListener.Create(tls, lendsToken: false).IsLocal);
        Assert.True(LocalListener.Create(plain with { Role = "metrics_only" }, lendsToken: true).IsMetricsOnly);
    }

    [Theory]
    [InlineData("agent.example:8100")]
    [InlineData("127.0.0.1")]
    [InlineData("8100")]
    public void A_name_is_no_address(string address) =>
        Assert.Throws<ConfigException>(() => LocalListener.Create(new AgentListenerConfig { Address = address, TlsDisable = true }, false));

    private static async Task<string> StatusAsOtherUserAsync(string socket)
    {
        // The folder of the test is its owner's alone.
        File.SetUnixFileMode(Path.GetDirectoryName(socket)!, (UnixFileMode)0x1FF);
        var start = new ProcessStartInfo("setpriv")
        {
            ArgumentList =
            {
                "--reuid=12345", "--regid=12345", "--clear-groups", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", socket,
                "http://localhost/v1/secret/data/app",
            },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}

/// <summary>
/// Needs root, setpriv and curl: acts as another user. Skipped, by name and with the reason, where they lack; under <c>CI=true</c> the programs may not, for
/// <c>./test</c> could have installed them.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactAsRootAttribute : FactAttribute
{
    public FactAsRootAttribute()
    {
        if (FileOwner.Self() != 0)
            Skip = "needs root";
        else if (Environment.GetEnvironmentVariable("CI") != "true" && !(File.Exists("/usr/bin/setpriv") && File.Exists("/usr/bin/curl")))
            Skip = "needs setpriv and the package curl";
    }
}
