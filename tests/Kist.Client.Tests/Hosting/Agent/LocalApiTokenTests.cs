using System.Text;
using Kist.Client.Agent.Proxy;
using Kist.Crypto;
using Kist.Hosting.Agent.Local;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>Whose token a request goes with, and that the agent's own does not come back.</summary>
public sealed class LocalApiTokenTests
{
    private const string Own = "hvs.the-callers-own-token";

    [Fact]
    public async Task A_request_without_a_token_gets_the_agents()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/secret/data/app")).Status);
        Assert.Equal(LocalApiFixture.AgentsToken, api.Upstream.Single.Header("X-Vault-Token"));
        Assert.Equal("true", api.Upstream.Single.Header("X-Vault-Request"));
    }

    [Theory]
    [InlineData("X-Vault-Token", Own)]
    [InlineData("Authorization", "Bearer " + Own)]
    [InlineData("authorization", "bearer " + Own)]
    public async Task A_request_with_a_token_keeps_its_own_unless_it_is_forced(string header, string value)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        await api.SendAsync("GET", "/v1/secret/data/app", null, (header, value));
        Assert.Equal(Own, api.Upstream.Single.Header("X-Vault-Token"));
        Assert.Null(api.Upstream.Single.Header("Authorization"));
        await using var forced = await LocalApiFixture.StartAsync(LocalApiFixture.Unix, AutoAuthTokenUse.Force);
        await forced.SendAsync("GET", "/v1/secret/data/app", null, (header, value));
        Assert.Equal(LocalApiFixture.AgentsToken, forced.Upstream.Single.Header("X-Vault-Token"));
        Assert.Null(forced.Upstream.Single.Header("Authorization"));
    }

    [Fact]
    public async Task Other_credentials_than_a_token_are_the_callers_own_too()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        await api.SendAsync("GET", "/v1/secret/data/app", null, ("Authorization", "Basic YTpi"));
        Assert.Null(api.Upstream.Single.Header("X-Vault-Token"));
        Assert.Equal("Basic YTpi", api.Upstream.Single.Header("Authorization"));
    }

    [Fact]
    public async Task The_token_is_not_added_where_the_configuration_does_not_say_so()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix, AutoAuthTokenUse.None);
        await api.SendAsync("GET", "/v1/secret/data/app");
        Assert.Null(api.Upstream.Single.Header("X-Vault-Token"));
    }

    [Fact]
    public async Task Before_the_first_login_the_answer_is_503_and_says_so_and_health_of_the_server_is_passed_on()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix, token: null);
        var (status, body, answer) = await api.SendAsync("GET", "/v1/secret/data/app");
        Assert.Equal(503, status);
        Assert.Contains("no token yet", body);
        Assert.NotNull(answer.Headers.RetryAfter);
        Assert.Empty(api.Upstream.Requests);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/sys/health")).Status);
        Assert.Equal(200, (await api.SendAsync("GET", "/v1/secret/data/app", null, ("X-Vault-Token", Own))).Status);
    }

    [Theory]
    [InlineData("GET", "/v1/auth/token/lookup-self", """{"data":{"id":"TOKEN","policies":["app"]}}""")]
    [InlineData("POST", "/v1/auth/token/create", """{"auth":{"parent":"TOKEN","policies":["app"]}}""")]
    [InlineData("POST", "/v1/sys/wrapping/unwrap", """{"data":{"id":"TOKEN","policies":["app"]}}""")]
    public async Task An_answer_that_names_the_agents_token_comes_without_it_and_is_otherwise_the_servers(string method, string target, string answer)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        var whole = answer.Replace("TOKEN", LocalApiFixture.AgentsToken);
        api.Upstream.Answer = (http, _) => FakeUpstream.JsonAsync(http, 200, whole);
        var (status, body, _) = await api.SendAsync(method, target);
        Assert.Equal(200, status);
        Assert.DoesNotContain(LocalApiFixture.AgentsToken, body);
        Assert.Equal(answer.Replace("TOKEN", new string('*', LocalApiFixture.AgentsToken.Length)), body);
    }

    [Fact]
    public async Task A_caller_with_a_token_of_its_own_does_not_get_the_agents_by_unwrapping()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        api.Upstream.Answer = (http, _) => FakeUpstream.JsonAsync(http, 200, $$$"""{"data":{"id":"{{{LocalApiFixture.AgentsToken}}}"}}""");
        var (_, body, _) = await api.SendAsync("POST", "/v1/sys/wrapping/unwrap", null, ("X-Vault-Token", Own));
        Assert.DoesNotContain(LocalApiFixture.AgentsToken, body);
    }

    [Theory]
    [InlineData("lookup-self")]
    [InlineData("renew-self")]
    [InlineData("lookup")]
    public async Task An_answer_about_the_agents_token_is_not_wrapped_for_unwrapping_elsewhere(string what)
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.Equal(403, (await api.SendAsync("GET", $"/v1/auth/token/{what}", null, ("X-Vault-Wrap-TTL", "60s"))).Status);
        Assert.Empty(api.Upstream.Requests);
        Assert.Equal(200, (await api.SendAsync("GET", $"/v1/auth/token/{what}", null, ("X-Vault-Wrap-TTL", "60s"), ("X-Vault-Token", Own))).Status);
    }

    [Theory]
    [InlineData("/v1/auth/token/revoke-self")]
    [InlineData("/v1/auth/token/revoke-self/")]
    [InlineData("/v1/auth/token/revoke%2Dself")]
    [InlineData("/v1/auth/token/renew-self")]
    [InlineData("/v1/team/auth/token/revoke-self")]
    [InlineData("/v1/team/a/auth/token/renew-self")]
    public async Task Nobody_revokes_or_shortens_the_agents_token_by_asking_it_to_and_everybody_its_own(string target)
    {
        foreach (var use in (AutoAuthTokenUse[])[AutoAuthTokenUse.Yes, AutoAuthTokenUse.Force])
        {
            await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix, use);
            Assert.StartsWith("HTTP/1.1 403", await api.RawAsync("POST", target));
            Assert.Empty(api.Upstream.Requests);
        }
        await using var other = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        Assert.StartsWith("HTTP/1.1 200", await other.RawAsync("POST", target, $"X-Vault-Token: {Own}\r\n"));
    }

    [Fact]
    public async Task A_refused_agents_token_is_told_to_its_keeper()
    {
        await using var api = await LocalApiFixture.StartAsync(LocalApiFixture.Unix);
        api.Upstream.Answer = static (http, _) => FakeUpstream.JsonAsync(http, 403, """{"errors":["permission denied"]}""");
        var doubted = api.Options.Token.DoubtedAsync(CancellationToken.None);
        Assert.Equal(403, (await api.SendAsync("GET", "/v1/secret/data/app", null, ("X-Vault-Token", Own))).Status);
        Assert.False(doubted.IsCompleted);
        Assert.Equal(403, (await api.SendAsync("GET", "/v1/secret/data/app")).Status);
        await doubted.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_token_is_struck_out_wherever_an_answer_is_cut()
    {
        const string token = "hvs.aaab-aaab-aaaa";
        var text = $"x{token}y{token}{token[..7]}{token}z{token[..5]}";
        var expected = Encoding.UTF8.GetBytes(text.Replace(token, new string('*', token.Length)));
        for (var size = 1; size <= text.Length; size++)
        {
            var mask = new TokenMask(new SecretText(token));
            List<byte> seen = [];
            foreach (var chunk in Encoding.UTF8.GetBytes(text).Chunk(size))
                seen.AddRange(mask.Next(chunk).ToArray());
            seen.AddRange(mask.Last().ToArray());
            Assert.Equal(expected, seen);
        }
    }
}
