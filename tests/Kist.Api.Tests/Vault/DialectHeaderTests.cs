using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Api.Tests.Vault;

/// <summary>Headers in and out: token, wrapping, index, addresses.</summary>
public sealed class DialectHeaderTests : IAsyncLifetime
{
    private DialectServer server = null!;

    public async Task InitializeAsync()
    {
        server = await DialectServer.StartAsync();
        (await server.AskAsync("POST", "/v1/secret/data/a", """{"data":{"k":"v"}}""")).Is(200);
    }

    public async Task DisposeAsync() => await server.DisposeAsync();

    [Theory]
    [InlineData("X-Vault-Token", "ROOT", 200)]
    [InlineData("x-vault-token", "ROOT", 200)]
    [InlineData("Authorization", "Bearer ROOT", 200)]
    [InlineData("Authorization", "bearer   ROOT", 200)]
    [InlineData("Authorization", "Basic ROOT", 403)]
    [InlineData("Authorization", "ROOT", 403)]
    [InlineData("Authorization", "Bearer ", 403)]
    [InlineData("X-Vault-Token", "", 403)]
    [InlineData("X-Vault-Token", "nobody", 403)]
    [InlineData("X-Auth-Token", "ROOT", 403)]
    public async Task Tokens_come_in_either_header(string name, string value, int status)
    {
        var raw = $"GET /v1/secret/data/a HTTP/1.1\r\nHost: kist\r\nConnection: close\r\n{name}: {value.Replace("ROOT", server.Root)}\r\n\r\n";
        var answer = (await server.SendAsync(System.Text.Encoding.ASCII.GetBytes(raw))).Is(status);
        if (status == 403)
            Assert.StartsWith("permission denied", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_header_goes_before_authorization()
    {
        (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Token", server.Root), ("Authorization", "Bearer nobody"))).Is(200);
        (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Token", "nobody"), ("Authorization", $"Bearer {server.Root}"))).Is(403);
        (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Token", "nobody"), ("X-Vault-Token", server.Root))).Is(403);
    }

    [Theory]
    [InlineData("60", 60)]
    [InlineData("60s", 60)]
    [InlineData("1m30s", 90)]
    [InlineData("1h", 3600)]
    public async Task A_wrapped_answer_lives_as_long_as_asked(string ttl, int seconds)
    {
        var answer = (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Wrap-TTL", ttl))).Is(200).Json;
        Assert.Equal(System.Text.Json.JsonValueKind.Null, answer.GetProperty("data").ValueKind);
        var wrap = answer.GetProperty("wrap_info");
        Assert.Equal((seconds, "secret/data/a"), (wrap.GetProperty("ttl").GetInt32(), wrap.Text("creation_path")));
        var opened = (await server.AskAsync("POST", "/v1/sys/wrapping/unwrap", "", ("X-Vault-Token", wrap.Text("token")))).Is(200);
        Assert.Equal("v", opened.Data.GetProperty("data").Text("k"));
        (await server.AskAsync("POST", "/v1/sys/wrapping/unwrap", "", ("X-Vault-Token", wrap.Text("token")))).Is(400);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("0s")]
    [InlineData("")]
    public async Task No_time_means_no_wrapping(string ttl) =>
        Assert.Equal(System.Text.Json.JsonValueKind.Null, (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Wrap-TTL", ttl))).Is(200).Json.GetProperty("wrap_info").ValueKind);

    [Theory]
    [InlineData("soon")]
    [InlineData("-5")]
    [InlineData("1x")]
    [InlineData("99999999999999999999")]
    [InlineData("9999999999h")]
    public async Task A_faulty_time_is_named_and_nothing_happens(string ttl)
    {
        var answer = (await server.AskAsync("POST", "/v1/secret/data/unmade", """{"data":{"k":"v"}}""", ("X-Vault-Wrap-TTL", ttl))).Is(400);
        Assert.Contains("X-Vault-Wrap-TTL", answer.Error, StringComparison.Ordinal);
        (await server.AskAsync("GET", "/v1/secret/data/unmade")).Is(404);
    }

    [Theory]
    [InlineData("292y")]
    [InlineData("2562047h")]
    [InlineData("9223372036")]
    public async Task A_very_long_time_breaks_nothing(string ttl)
    {
        Assert.InRange((await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Wrap-TTL", ttl))).Status, 200, 400);
        Assert.Empty(server.Node.Faults);
    }

    [Fact]
    public async Task A_write_names_its_index_and_a_read_does_not()
    {
        var index = (await server.AskAsync("POST", "/v1/secret/data/a", """{"data":{"k":"w"}}""")).Is(200)["X-Vault-Index"]!;
        Assert.True(long.Parse(index, System.Globalization.CultureInfo.InvariantCulture) > 0);
        var read = (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Index", index))).Is(200);
        Assert.Equal("w", read.Data.GetProperty("data").Text("k"));
        Assert.Null(read["X-Vault-Index"]);
        Assert.NotNull((await server.AskAsync("DELETE", "/v1/secret/data/a")).Is(204)["X-Vault-Index"]);
    }

    [Fact]
    public async Task An_index_that_does_not_come_within_the_bound_is_412()
    {
        var asked = server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Index", "999999999"));
        while (!asked.IsCompleted)
        {
            server.Clock.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(1);
        }
        Assert.Contains("999999999", (await asked).Is(412).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_out_of_reach_is_503_with_the_advice_to_try_again_and_health_is_503_with_its_body()
    {
        await server.Way.CutAsync(Partition.Refuses);
        server.Clock.Advance(CachedStore.Bound + TimeSpan.FromTicks(1));
        var refused = (await server.AskAsync("GET", "/v1/secret/data/a")).Is(503);
        Assert.Equal("1", refused["Retry-After"]);
        Assert.Contains("the store does not answer", refused.Error, StringComparison.Ordinal);
        (await server.AskAsync("GET", "/v1/secret/data/a?help=1")).Is(503);
        Assert.False((await server.AskAsync("GET", "/v1/sys/health?activecode=299")).Is(503).Json.GetProperty("store_fresh").GetBoolean());
        Assert.Empty(server.Node.Faults);
    }

    [Fact]
    public async Task A_sealed_node_is_503_without_that_advice()
    {
        (await server.AskAsync("PUT", "/v1/sys/seal", """{"node":"self"}""")).Is(204);
        var refused = (await server.AskAsync("GET", "/v1/secret/data/a")).Is(503);
        Assert.Equal(("Vault is sealed", null), (refused.Error, refused["Retry-After"]));
        Assert.True((await server.AskAsync("GET", "/v1/sys/health")).Is(503).Json.GetProperty("sealed").GetBoolean());
        (await server.AskAsync("GET", "/v1/sys/health?sealedcode=222")).Is(222);
        (await server.AskAsync("PURGE", "/v1/secret/data/a")).Is(405);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.1.2.3")]
    [InlineData("Forwarded", "for=10.1.2.3")]
    [InlineData("X-Real-IP", "10.1.2.3")]
    [InlineData("True-Client-IP", "10.1.2.3")]
    public async Task A_header_never_changes_the_clients_address(string name, string value)
    {
        await server.PolicyAsync("net", """path "secret/data/a" { capabilities = ["read"] conditions { cidrs = ["10.0.0.0/8"] } }""");
        await server.PolicyAsync("any", """path "secret/data/a" { capabilities = ["read"] }""");
        var conditional = (await server.TokenAsync("net")).Reveal();
        (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Token", conditional), (name, value))).Is(403);
        (await server.AskAsync("POST", "/v1/auth/token/roles/bound", """{"token_bound_cidrs":["10.0.0.0/8"],"allowed_policies":["any"]}""")).Is(204);
        var bound = (await server.Node.WriteAsync("auth/token/create/bound", """{"policies":["any"]}""").Ok()).Auth!.ClientToken.Reveal();
        (await server.AskAsync("GET", "/v1/secret/data/a", "", ("X-Vault-Token", bound), (name, value))).Is(403);
        Assert.Equal("127.0.0.1", server.LastRequest().Text("remote_address"));
    }
}
