using Kist.Client.Agent.Proxy;
using Kist.Crypto;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>What the cache keeps, for whom, and when it lets go.</summary>
public sealed class LocalApiCacheTests
{
    private const string Creds = "/v1/database/creds/app";
    private readonly SetTime time = new();
    private int given;

    [Fact]
    public async Task A_leased_answer_is_given_again_and_says_how_old_it_is()
    {
        await using var api = await StartAsync();
        var (_, first, miss) = await api.SendAsync("GET", Creds);
        time.Pass(TimeSpan.FromSeconds(7));
        var (_, second, hit) = await api.SendAsync("GET", Creds);
        Assert.Equal(first, second);
        Assert.Single(api.Upstream.Requests);
        Assert.Equal(("MISS", "HIT"), (miss.Headers.GetValues("X-Cache").Single(), hit.Headers.GetValues("X-Cache").Single()));
        Assert.Equal(TimeSpan.FromSeconds(7), hit.Headers.Age);
    }

    [Fact]
    public async Task Equal_requests_at_once_are_one()
    {
        await using var api = await StartAsync();
        var lease = api.Upstream.Answer;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        api.Upstream.Answer = async (http, request) =>
        {
            await go.Task;
            await lease(http, request);
        };
        var all = Enumerable.Range(0, 8).Select(_ => api.SendAsync("GET", Creds)).ToList();
        Assert.True(SpinWait.SpinUntil(() => !api.Upstream.Requests.IsEmpty, TimeSpan.FromSeconds(30)));
        go.SetResult();
        Assert.Single((await Task.WhenAll(all)).Select(a => a.Body).Distinct());
        Assert.Single(api.Upstream.Requests);
    }

    [Theory]
    [InlineData("GET", "/v1/secret/data/app")]
    [InlineData("GET", "/v1/sys/leases/count")]
    [InlineData("GET", "/v1/auth/token/lookup-self")]
    [InlineData("DELETE", Creds)]
    public async Task What_has_no_lease_or_asks_for_what_is_true_now_is_asked_each_time(string method, string target)
    {
        await using var api = await StartAsync();
        await api.SendAsync(method, target);
        await api.SendAsync(method, target);
        Assert.Equal(2, api.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_request_that_differs_in_anything_is_another_one()
    {
        await using var api = await StartAsync();
        await api.SendAsync("GET", Creds);
        await api.SendAsync("GET", Creds + "?ttl=1h");
        await api.SendAsync("POST", Creds);
        await api.SendAsync("POST", Creds, """{"ttl":"1h"}""");
        await api.SendAsync("GET", Creds, null, ("X-Vault-Namespace", "team"));
        await api.SendAsync("GET", Creds, null, ("Accept-Language", "de"));
        Assert.Equal(6, api.Upstream.Requests.Count);
    }

    [Fact]
    public async Task Nobody_gets_an_answer_that_was_given_to_another_token()
    {
        await using var api = await StartAsync();
        var (_, agents, _) = await api.SendAsync("GET", Creds);
        var (_, others, _) = await api.SendAsync("GET", Creds, null, ("X-Vault-Token", "hvs.other"));
        Assert.NotEqual(agents, others);
    }

    [Fact]
    public async Task An_answer_for_a_token_that_the_agent_does_not_manage_is_not_kept_as_nobody_would_tell_that_it_is_revoked()
    {
        await using var api = await StartAsync();
        await api.SendAsync("GET", Creds, null, ("X-Vault-Token", "hvs.other"));
        await api.SendAsync("GET", Creds, null, ("X-Vault-Token", "hvs.other"));
        Assert.Equal(2, api.Upstream.Requests.Count);
    }

    [Fact]
    public async Task A_wrapped_answer_is_opened_once_and_therefore_not_kept()
    {
        await using var api = await StartAsync();
        await api.SendAsync("GET", Creds, null, ("X-Vault-Wrap-TTL", "60s"));
        await api.SendAsync("GET", Creds, null, ("X-Vault-Wrap-TTL", "60s"));
        Assert.Equal(2, api.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("PUT", "/v1/sys/leases/revoke", """{"lease_id":"database/creds/app/1"}""")]
    [InlineData("POST", "/v1/sys/leases/revoke/database/creds/app/1", "")]
    [InlineData("PUT", "/v1/sys/leases/revoke", "no json")]
    [InlineData("PUT", "/v1/sys/leases/revoke-prefix/database/creds", "")]
    [InlineData("PUT", "/v1/sys/leases/revoke-force/database", "")]
    [InlineData("PUT", "/v1/sys/revoke", """{"lease_id":"database/creds/app/1"}""")]
    [InlineData("DELETE", "/v1/sys/mounts/database", null)]
    [InlineData("POST", "/agent/v1/cache-clear", """{"type":"lease","value":"database/creds/app/1"}""")]
    [InlineData("POST", "/agent/v1/cache-clear", """{"type":"request_path","value":"/v1/database/creds"}""")]
    [InlineData("POST", "/agent/v1/cache-clear", """{"type":"all"}""")]
    public async Task A_lease_that_is_revoked_through_the_agent_is_given_to_nobody_any_more(string method, string target, string? body)
    {
        await using var api = await StartAsync();
        var (_, first, _) = await api.SendAsync("GET", Creds);
        Assert.InRange((await api.SendAsync(method, target, body)).Status, 200, 299);
        Assert.NotEqual(first, (await api.SendAsync("GET", Creds)).Body);
    }

    [Theory]
    [InlineData("PUT", "/v1/sys/leases/revoke", """{"lease_id":"database/creds/app/99"}""")]
    [InlineData("PUT", "/v1/sys/leases/revoke-prefix/data", "")]
    [InlineData("POST", "/agent/v1/cache-clear", """{"type":"token","value":"hvs.other"}""")]
    public async Task Other_revocations_leave_it(string method, string target, string body)
    {
        await using var api = await StartAsync();
        var (_, first, _) = await api.SendAsync("GET", Creds);
        await api.SendAsync(method, target, body);
        Assert.Equal(first, (await api.SendAsync("GET", Creds)).Body);
    }

    [Theory]
    [InlineData("POST", "/v1/auth/token/revoke-self", "", "hvs.child")]
    [InlineData("POST", "/v1/auth/token/revoke", """{"token":"hvs.child"}""", null)]
    [InlineData("POST", "/v1/auth/token/revoke-orphan", """{"token":"hvs.child"}""", null)]
    [InlineData("POST", "/v1/auth/token/revoke-accessor", """{"accessor":"child-accessor"}""", null)]
    [InlineData("POST", "/agent/v1/cache-clear", """{"type":"token_accessor","value":"child-accessor"}""", null)]
    public async Task A_token_that_is_revoked_takes_what_it_was_given_with_it(string method, string target, string body, string? bearer)
    {
        await using var api = await StartAsync();
        await api.SendAsync("POST", "/v1/auth/token/create", """{"policies":["app"]}""");
        var (_, first, _) = await api.SendAsync("GET", Creds, null, ("X-Vault-Token", "hvs.child"));
        Assert.Equal(first, (await api.SendAsync("GET", Creds, null, ("X-Vault-Token", "hvs.child"))).Body);
        Assert.InRange((await api.SendAsync(method, target, body, bearer is null ? [] : [("X-Vault-Token", bearer)])).Status, 200, 299);
        Assert.NotEqual(first, (await api.SendAsync("GET", Creds, null, ("X-Vault-Token", "hvs.child"))).Body);
    }

    [Fact]
    public async Task A_new_token_of_the_agent_gets_nothing_of_the_old_and_no_token_nothing_at_all()
    {
        await using var api = await StartAsync();
        var (_, first, _) = await api.SendAsync("GET", Creds);
        api.Options.Token.Set(null);
        Assert.Equal(503, (await api.SendAsync("GET", Creds)).Status);
        api.Options.Token.Set(new SecretText("hvs.the-next-token-of-the-agent"));
        Assert.NotEqual(first, (await api.SendAsync("GET", Creds)).Body);
    }

    [Fact]
    public async Task A_lease_is_renewed_in_time_and_given_on_beyond_its_first_end()
    {
        await using var api = await StartAsync();
        var (_, first, _) = await api.SendAsync("GET", Creds);
        time.Pass(TimeSpan.FromMinutes(45));
        await api.RenewDueAsync();
        Assert.Contains(api.Upstream.Requests, r => r is { Target: "/v1/sys/leases/renew", Text: """{"lease_id":"database/creds/app/1"}""" });
        time.Pass(TimeSpan.FromMinutes(45));
        Assert.Equal(first, (await api.SendAsync("GET", Creds)).Body);
    }

    [Fact]
    public async Task A_lease_that_the_server_does_not_renew_is_dropped_and_one_that_nobody_answers_for_ends_in_time()
    {
        await using var api = await StartAsync();
        var lease = api.Upstream.Answer;
        var status = 400;
        api.Upstream.Answer = (http, request) =>
            request.Target.Contains("renew") ? FakeUpstream.JsonAsync(http, status, """{"errors":["lease not found"]}""") : lease(http, request);
        var (_, first, _) = await api.SendAsync("GET", Creds);
        time.Pass(TimeSpan.FromMinutes(41));
        await api.RenewDueAsync();
        var (_, second, _) = await api.SendAsync("GET", Creds);
        Assert.NotEqual(first, second);
        status = 503;
        time.Pass(TimeSpan.FromMinutes(41));
        await api.RenewDueAsync();
        Assert.Equal(second, (await api.SendAsync("GET", Creds)).Body);
        time.Pass(TimeSpan.FromMinutes(14));
        Assert.NotEqual(second, (await api.SendAsync("GET", Creds)).Body);
    }

    [Fact]
    public async Task An_answer_that_was_under_way_while_something_was_revoked_is_not_kept()
    {
        await using var api = await StartAsync();
        var lease = api.Upstream.Answer;
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        api.Upstream.Answer = async (http, request) =>
        {
            if (request.Target == Creds)
                await go.Task;
            await lease(http, request);
        };
        var slow = api.SendAsync("GET", Creds);
        Assert.True(SpinWait.SpinUntil(() => !api.Upstream.Requests.IsEmpty, TimeSpan.FromSeconds(30)));
        await api.SendAsync("PUT", "/v1/sys/leases/revoke-prefix/database");
        go.SetResult();
        var (_, first, _) = await slow;
        Assert.NotEqual(first, (await api.SendAsync("GET", Creds)).Body);
    }

    [Fact]
    public async Task The_cache_stays_within_its_bytes()
    {
        await using var api = await StartAsync(maxBytes: 20_000);
        for (var i = 0; i < 20; i++)
            await api.SendAsync("GET", $"{Creds}?n={i}");
        await api.SendAsync("GET", Creds + "?n=19");
        Assert.Equal(20, api.Upstream.Requests.Count);
        await api.SendAsync("GET", Creds + "?n=0");
        Assert.Equal(21, api.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData("query", 1)]
    [InlineData("header", 1)]
    [InlineData("body", 1)]
    [InlineData("answer", 1)]
    [InlineData("nothing", 0)]
    public async Task What_a_request_brings_counts_against_the_bytes_as_its_answer_does(string what, int further)
    {
        // A single answer may take a quarter of it.
        await using var api = await StartAsync(maxBytes: 20_000);
        var much = new string('a', 5_000);
        if (what == "answer")
        {
            api.Upstream.Answer = (http, _) =>
                FakeUpstream.JsonAsync(http, 200, $$$"""{"lease_id":"l","renewable":true,"lease_duration":3600,"data":{"password":"{{{much}}}"}}""");
        }
        for (var i = 0; i < 2; i++)
        {
            await api.SendAsync(
                "POST", what == "query" ? $"{Creds}?n={much}" : Creds, what == "body" ? much : "", what == "header" ? [("X-Much", much)] : []);
        }
        Assert.Equal(1 + further, api.Upstream.Requests.Count);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task The_time_of_day_may_be_set_and_renewals_and_ends_stay_where_they_are(int hours)
    {
        await using var api = await StartAsync();
        var (_, first, _) = await api.SendAsync("GET", Creds);
        time.SetBy(TimeSpan.FromHours(hours));
        var (_, second, hit) = await api.SendAsync("GET", Creds);
        Assert.Equal((first, TimeSpan.Zero), (second, hit.Headers.Age));
        await api.RenewDueAsync();
        Assert.Single(api.Upstream.Requests);
        time.Pass(TimeSpan.FromMinutes(41));
        await api.RenewDueAsync();
        Assert.Contains(api.Upstream.Requests, r => r.Target == "/v1/sys/leases/renew");
        time.Pass(TimeSpan.FromMinutes(55));
        Assert.NotEqual(first, (await api.SendAsync("GET", Creds)).Body);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(503, false)]
    [InlineData(403, true)]
    public async Task A_revocation_without_an_answer_may_have_been_done_and_only_a_refused_one_was_not(int status, bool stays)
    {
        await using var api = await StartAsync();
        var lease = api.Upstream.Answer;
        api.Upstream.Answer = (http, request) =>
        {
            if (!request.Target.Contains("revoke"))
                return lease(http, request);
            if (status != 0)
                return FakeUpstream.JsonAsync(http, status, """{"errors":[]}""");
            http.Abort();
            return Task.CompletedTask;
        };
        var (_, first, _) = await api.SendAsync("GET", Creds);
        Assert.Equal(status == 0 ? 502 : status, (await api.SendAsync("PUT", "/v1/sys/leases/revoke", """{"lease_id":"database/creds/app/1"}""")).Status);
        Assert.Equal(stays, first == (await api.SendAsync("GET", Creds)).Body);
    }

    [Fact]
    public async Task The_cache_does_not_open_what_the_listener_is_narrowed_to()
    {
        await using var api = await StartAsync(LocalApiFixture.Unix with { AllowedPaths = ["database/creds/app"], AllowedMethods = ["POST"] });
        Assert.Equal(200, (await api.SendAsync("POST", Creds)).Status);
        Assert.Equal(200, (await api.SendAsync("POST", Creds)).Status);
        Assert.Single(api.Upstream.Requests);
        Assert.Equal(403, (await api.SendAsync("GET", Creds)).Status);
        Assert.Equal(403, (await api.SendAsync("POST", Creds, null, ("X-Vault-Namespace", "team"))).Status);
    }

    private Task<LocalApiFixture> StartAsync(AgentListenerConfig? listener = null, long maxBytes = 1 << 20) =>
        LeasingAsync(LocalApiFixture.StartAsync(
            listener ?? LocalApiFixture.Unix, change: o => o with { Cache = new CacheConfig(true, maxBytes), Time = time }));

    private async Task<LocalApiFixture> LeasingAsync(Task<LocalApiFixture> starting)
    {
        var api = await starting;
        api.Upstream.Answer = (http, request) => FakeUpstream.JsonAsync(http, 200, request.Target switch
        {
            "/v1/sys/leases/renew" => """{"lease_id":"x","renewable":true,"lease_duration":3600}""",
            "/v1/auth/token/create" =>
                """{"auth":{"client_token":"hvs.child","accessor":"child-accessor","renewable":true,"lease_duration":3600,"orphan":false}}""",
            var target when target.StartsWith("/v1/secret/") => """{"lease_id":"","renewable":false,"lease_duration":0,"data":{}}""",
            var target when target.Contains("revoke") || target.Contains("mounts") => "{}",
            _ => $$$"""{"lease_id":"database/creds/app/{{{Interlocked.Increment(ref given)}}}","renewable":true,"lease_duration":3600,"data":{"password":"p"}}""",
        });
        return api;
    }
}
