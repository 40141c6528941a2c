using System.Text.Json.Nodes;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;
using Kist.Crypto;

namespace Kist.Client.Tests;

public sealed class KistClientTests : IDisposable
{
    private readonly FakeServer server = new();

    [Fact]
    public async Task A_request_carries_token_namespace_and_the_mark_of_a_program()
    {
        server.On("GET secret/x", 200, "{}");
        var settings = Settings() with
        {
            Token = new SecretText("hvs.t"),
            Namespace = "team",
            Headers = [KeyValuePair.Create("X-One", "1")],
        };
        await SendAsync(settings, ApiRequest.Read("secret/x") with { WrapTtl = "5m" });
        Assert.Equal("hvs.t", server.Last.Header("X-Vault-Token"));
        Assert.Equal("true", server.Last.Header("X-Vault-Request"));
        Assert.Equal("team/", server.Last.Header("X-Vault-Namespace"));
        Assert.Equal("5m", server.Last.Header("X-Vault-Wrap-TTL"));
        Assert.Equal("1", server.Last.Header("X-One"));
    }

    [Fact]
    public async Task Without_token_and_namespace_none_is_sent()
    {
        await SendAsync(Settings(), ApiRequest.Read("x"));
        Assert.Equal(["X-Vault-Request"], server.Last.Headers.Keys);
    }

    [Fact]
    public async Task A_request_to_the_server_itself_has_no_namespace()
    {
        await SendAsync(Settings() with { Namespace = "team" }, ApiRequest.Read("sys/seal-status") with { WithoutNamespace = true });
        Assert.Null(server.Last.Header("X-Vault-Namespace"));
    }

    [Fact]
    public async Task A_request_can_have_a_token_of_its_own()
    {
        await SendAsync(Settings() with { Token = new SecretText("a") }, ApiRequest.Read("x") with { Token = new SecretText("b") });
        Assert.Equal("b", server.Last.Header("X-Vault-Token"));
    }

    [Theory]
    [InlineData("PUT secret/x", "application/json")]
    [InlineData("PATCH secret/x", "application/merge-patch+json")]
    public async Task Writes_send_json(string line, string type)
    {
        var body = new JsonObject { ["a"] = "é" };
        var put = line.StartsWith("PUT", StringComparison.Ordinal);
        await SendAsync(Settings(), put ? ApiRequest.Write("secret/x", body) : ApiRequest.Patch("secret/x", body));
        Assert.Equal(line, server.Last.Line);
        Assert.Equal(type, server.Last.Header("Content-Type"));
        Assert.Equal("é", (string?)JsonNode.Parse(server.Last.Body)!["a"]);
    }

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData("tab\there")]
    [InlineData("é")]
    public async Task A_token_that_no_header_can_carry_is_refused_without_quoting_it(string token)
    {
        var settings = Settings() with { Token = new SecretText(token) };
        var error = await Assert.ThrowsAsync<SettingException>(() => SendAsync(settings, ApiRequest.Read("x")));
        Assert.DoesNotContain(token, error.Message);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData(412)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_passing_failure_is_tried_again(int status)
    {
        server.On("GET x", status, """{"errors":["not now"]}""").On("GET x", status).On("GET x", 200, """{"data":{"a":"b"}}""");
        var response = await SendAsync(Settings(), ApiRequest.Read("x"));
        Assert.True(response.Succeeded);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    public async Task A_write_is_not_sent_again_after_a_failure_because_the_work_may_be_done(int status)
    {
        server.On("PUT x", status, """{"errors":["the outcome is unknown"]}""").On("PUT x", 204);
        var response = await SendAsync(Settings(), ApiRequest.Write("x"));
        Assert.Equal((status, 1), ((int)response.Status, server.Requests.Count));
    }

    [Fact]
    public async Task A_write_that_came_too_early_is_sent_again()
    {
        server.On("PUT x", 412).On("PUT x", 204);
        Assert.True((await SendAsync(Settings(), ApiRequest.Write("x"))).Succeeded);
    }

    [Fact]
    public async Task The_last_failure_is_the_answer_once_attempts_are_used_up()
    {
        server.On("GET x", 503, """{"errors":["sealed"]}""");
        var response = await SendAsync(Settings(), ApiRequest.Read("x"));
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(["sealed"], response.Errors);
        Assert.Equal(503, (int)Assert.Throws<ApiException>(response.EnsureSuccess).Status);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(501)]
    public async Task A_lasting_failure_is_not_tried_again(int status)
    {
        server.On("GET x", status);
        await SendAsync(Settings(), ApiRequest.Read("x"));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_refused_connection_is_tried_again()
    {
        server.Refuse("PUT x").On("PUT x", 204);
        Assert.True((await SendAsync(Settings(), ApiRequest.Write("x"))).Succeeded);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_connection_lost_half_way_is_not_tried_again_because_the_work_may_be_done()
    {
        server.Break("PUT x").On("PUT x", 204);
        await Assert.ThrowsAsync<ConnectionException>(() => SendAsync(Settings(), ApiRequest.Write("x")));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named()
    {
        server.Refuse("GET x");
        var error = await Assert.ThrowsAsync<ConnectionException>(() => SendAsync(Settings(), ApiRequest.Read("x")));
        Assert.Contains("http://127.0.0.1:8200", error.Message);
        Assert.True(error.NothingSent);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirection_to_another_port_is_followed_once_with_method_and_body(int status)
    {
        server.Redirect("PUT x", "https://127.0.0.1:8202/v1/x", status).On("PUT x", 204);
        var body = new JsonObject { ["a"] = "b" };
        Assert.True((await SendAsync(Settings() with { Token = new SecretText("t") }, ApiRequest.Write("x", body))).Succeeded);
        Assert.Equal(("https://127.0.0.1:8202/v1/x", "t", """{"a":"b"}"""),
            (server.Last.Url.AbsoluteUri, server.Last.Header("X-Vault-Token"), server.Last.Body));
    }

    [Fact]
    public async Task A_redirection_that_leads_to_another_is_a_failure()
    {
        server.Redirect("GET x", "http://127.0.0.1:8201/v1/x");
        Assert.False((await SendAsync(Settings(), ApiRequest.Read("x"))).Succeeded);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("http://10.0.0.2:8200/v1/x", "http://10.0.0.2:8200")]
    [InlineData("https://localhost/v1/x", "https://localhost")]
    [InlineData("//elsewhere.example/v1/x", "http://elsewhere.example")]
    public async Task Token_and_body_do_not_follow_a_redirection_to_another_host(string location, string named)
    {
        server.Redirect("PUT x", location);
        var settings = Settings() with { Token = new SecretText("marked") };
        var error = await Assert.ThrowsAsync<ConnectionException>(() => SendAsync(settings, ApiRequest.Write("x", [])));
        Assert.Single(server.Requests);
        Assert.Contains($"-address={named}", error.Message);
        Assert.DoesNotContain("marked", error.Message);
    }

    [Fact]
    public async Task A_redirection_from_tls_to_plain_text_is_not_followed()
    {
        server.Redirect("GET x", "http://127.0.0.1:8200/v1/x");
        var settings = Settings() with { Address = ServerAddress.Default, Token = new SecretText("t") };
        var error = await Assert.ThrowsAsync<ConnectionException>(() => SendAsync(settings, ApiRequest.Read("x")));
        Assert.Contains("no TLS", error.Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Redirections_can_be_switched_off()
    {
        server.Redirect("GET x", "http://127.0.0.1:8202/v1/x");
        var response = await SendAsync(Settings() with { DisableRedirects = true }, ApiRequest.Read("x"));
        Assert.Equal((307, 1), ((int)response.Status, server.Requests.Count));
    }

    [Fact]
    public async Task Cancelling_is_not_mistaken_for_a_slow_server()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        using var client = new KistClient(Settings(), TimeProvider.System, server);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.SendAsync(ApiRequest.Read("x"), cancelled.Token));
    }

    [Fact]
    public async Task A_failure_has_the_form_that_scripts_know_and_no_query()
    {
        server.On("GET x?token=marked", 403, """{"errors":["permission denied"],"warnings":["w"]}""");
        var response = await SendAsync(Settings(), ApiRequest.Read("x", KeyValuePair.Create("token", "marked")));
        var error = Assert.Throws<ApiException>(response.EnsureSuccess);
        Assert.Equal("Error making API request.\n\nURL: GET http://127.0.0.1:8200/v1/x\nCode: 403. Errors:\n\n* permission denied", error.Message);
        Assert.Equal(["w"], error.Warnings);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>gateway</html>")]
    [InlineData("{not json")]
    [InlineData("[1]")]
    [InlineData("""{"errors":"text"}""")]
    [InlineData("""{"errors":[1,null]}""")]
    [InlineData("""{"data":[],"warnings":{}}""")]
    public async Task An_answer_of_another_shape_is_a_failure_with_a_message(string body)
    {
        server.On("GET x", 400, body);
        var response = await SendAsync(Settings(), ApiRequest.Read("x"));
        Assert.Contains("Code: 400", Assert.Throws<ApiException>(response.EnsureSuccess).Message);
        Assert.Empty(response.Warnings);
    }

    [Fact]
    public async Task A_missing_path_is_found_only_if_the_answer_explains_itself()
    {
        server.On("GET a", 404, """{"errors":[]}""").On("GET b", 404, """{"data":{"data":null}}""");
        Assert.False((await SendAsync(Settings(), ApiRequest.Read("a"))).Found);
        Assert.True((await SendAsync(Settings(), ApiRequest.Read("b"))).Found);
    }

    public void Dispose() => server.Dispose();

    private static ClientSettings Settings() => new()
    {
        Address = ServerAddress.Parse("http://127.0.0.1:8200"),
        Retry = new RetryPolicy { FirstPause = TimeSpan.Zero },
    };

    private async Task<ApiResponse> SendAsync(ClientSettings settings, ApiRequest request)
    {
        using var client = new KistClient(settings, TimeProvider.System, server);
        return await client.SendAsync(request, CancellationToken.None);
    }
}
