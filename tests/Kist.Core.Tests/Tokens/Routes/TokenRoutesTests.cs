using System.Text.Json.Nodes;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Core.Tokens.Routes;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens.Routes;

public sealed class TokenRoutesTests : IAsyncLifetime
{
    private TokenHost host = null!;
    private RouteCaller routes = null!;
    private SecretText root = null!;

    public async Task InitializeAsync()
    {
        host = await TokenHost.StartAsync();
        routes = RouteCaller.Of(host, "auth/token/", new TokenMountType(host.Tokens, host.Clock));
        root = await host.RootAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_created_token_answers_its_auth_block()
    {
        var answer = await routes.WriteAsync(
            root, "create", """{"policies":["dev"],"meta":{"user":"ann"},"ttl":"1h","display_name":"ann's laptop","num_uses":5}""");
        var auth = answer.Auth;
        Assert.Equal(["default", "dev"], auth.Policies);
        Assert.Equal("ann", auth.Metadata["user"]);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        Assert.True(auth.Renewable);
        Assert.False(auth.Orphan);
        Assert.Equal(5, auth.NumUses);
        Assert.NotEqual(0, answer.Index);
        Assert.Equal("token-ann-s-laptop", (await host.FindAsync(auth.ClientToken)).Entry.DisplayName);
    }

    [Fact]
    public async Task A_child_of_root_without_wishes_is_an_endless_root_token()
    {
        var auth = (await routes.WriteAsync(root, "create")).Auth;
        Assert.Equal(["root"], auth.Policies);
        Assert.Equal(TimeSpan.Zero, auth.Ttl);
        Assert.False(auth.Renewable);
    }

    [Theory]
    [InlineData("""{"id":"mine"}""", "token.sudo_needed")]
    [InlineData("""{"no_parent":true}""", "token.sudo_needed")]
    [InlineData("""{"period":"1h"}""", "token.sudo_needed")]
    [InlineData("""{"policies":["other"]}""", "token.policies_exceed_parent")]
    [InlineData("""{"num_uses":-1}""", "token.invalid_num_uses")]
    [InlineData("""{"ttl":"-1h"}""", "token.negative_duration")]
    [InlineData("""{"type":"weird"}""", "token.invalid_type")]
    [InlineData("""{"type":"batch","num_uses":1}""", "token.batch_field")]
    [InlineData("""{"type":"batch","explicit_max_ttl":"1h"}""", "token.batch_field")]
    [InlineData("""{"policies":"root"}""", "token.policies_exceed_parent")]
    public async Task An_ordinary_token_cannot_create(string body, string code)
    {
        var token = (await routes.WriteAsync(root, "create", """{"policies":["app"]}""")).Token;
        Assert.Equal(code, (await routes.WriteAsync(token, "create", body)).Code);
    }

    [Fact]
    public async Task A_root_token_may_set_id_period_and_orphan()
    {
        var auth = (await routes.WriteAsync(root, "create", """{"id":"mine","no_parent":true,"period":3600,"policies":"a,b"}""")).Auth;
        Assert.Equal("mine", auth.ClientToken.Reveal());
        Assert.True(auth.Orphan);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        Assert.Equal(["a", "b", "default"], auth.Policies);
        Assert.Equal("token.duplicate_id", (await routes.WriteAsync(root, "create", """{"id":"mine"}""")).Code);
    }

    [Fact]
    public async Task Create_orphan_has_no_parent()
    {
        var parent = (await routes.WriteAsync(root, "create", """{"policies":["app"]}""")).Token;
        var orphan = (await routes.WriteAsync(parent, "create-orphan", """{"ttl":60}""")).Auth;
        Assert.True(orphan.Orphan);
        Assert.Null((await routes.WriteAsync(parent, "revoke-self")).Failure);
        Assert.True(await host.IsValidAsync(orphan.ClientToken));
    }

    [Fact]
    public async Task Limited_and_batch_tokens_create_no_tokens()
    {
        var limited = (await routes.WriteAsync(root, "create", """{"policies":["app"],"num_uses":3}""")).Token;
        Assert.Equal("token.restricted_parent", (await routes.WriteAsync(limited, "create")).Code);
        var batch = (await routes.WriteAsync(root, "create", """{"policies":["app"],"type":"batch"}""")).Token;
        Assert.Equal("token.batch_parent", (await routes.WriteAsync(batch, "create")).Code);
    }

    [Fact]
    public async Task Children_keep_their_parents_networks_and_orphans_do_not()
    {
        var parent = await host.IssueAsync(change: s => s with { BoundCidrs = ["127.0.0.0/8"] });
        var child = (await routes.WriteAsync(parent, "create")).Token;
        Assert.True(await host.IsValidAsync(child));
        Assert.False(await host.IsValidAsync(child, "10.0.0.1"));
        Assert.True(await host.IsValidAsync((await routes.WriteAsync(parent, "create-orphan")).Token, "10.0.0.1"));
    }

    [Fact]
    public async Task Lookup_shows_what_vault_shows()
    {
        var auth = (await routes.WriteAsync(root, "create", """{"policies":["dev"],"ttl":"1h","explicit_max_ttl":"2h","meta":{"a":"b"}}""")).Auth;
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        var expected = new JsonObject
        {
            ["accessor"] = auth.Accessor,
            ["creation_time"] = 1769860800,
            ["creation_ttl"] = 3600,
            ["display_name"] = "token",
            ["entity_id"] = "",
            ["expire_time"] = "2026-01-31T13:00:00Z",
            ["explicit_max_ttl"] = 7200,
            ["id"] = auth.ClientToken.Reveal(),
            ["issue_time"] = "2026-01-31T12:00:00Z",
            ["meta"] = new JsonObject { ["a"] = "b" },
            ["num_uses"] = 0,
            ["orphan"] = false,
            ["path"] = "auth/token/create",
            ["policies"] = new JsonArray("default", "dev"),
            ["renewable"] = true,
            ["ttl"] = 3000,
            ["type"] = "service",
        };
        var body = $$"""{"token":"{{auth.ClientToken.Reveal()}}"}""";
        foreach (var answer in new[]
        {
            await routes.WriteAsync(root, "lookup", body),
            await routes.ReadAsync(auth.ClientToken, "lookup-self"),
            await routes.WriteAsync(auth.ClientToken, "lookup-self"),
            await routes.WriteAsync(auth.ClientToken, "lookup"),
            await routes.ReadAsync(auth.ClientToken, "lookup"),
        })
        {
            Assert.True(JsonNode.DeepEquals(expected, answer.Ok.Json), answer.Json!.ToJsonString());
        }
        expected["id"] = "";
        var byAccessor = await routes.WriteAsync(root, "lookup-accessor", $$"""{"accessor":"{{auth.Accessor}}"}""");
        Assert.True(JsonNode.DeepEquals(expected, byAccessor.Ok.Json), byAccessor.Json!.ToJsonString());
    }

    [Fact]
    public async Task Lookup_of_root_has_no_end()
    {
        var json = (await routes.ReadAsync(root, "lookup-self")).Ok.Json!;
        Assert.True(json.AsObject().ContainsKey("expire_time"));
        Assert.Null(json["expire_time"]);
        Assert.Null(json["meta"]);
        Assert.Equal(0, json["ttl"]!.GetValue<int>());
        Assert.Equal("auth/token/root", json["path"]!.GetValue<string>());
        Assert.Equal("root", json["display_name"]!.GetValue<string>());
        Assert.True(json["orphan"]!.GetValue<bool>());
    }

    [Fact]
    public async Task What_is_not_there_is_answered_as_vault_answers()
    {
        var badToken = new Failure(FailureKind.Denied, "token.bad_token", "bad token");
        Assert.Equal(badToken, (await routes.WriteAsync(root, "lookup", """{"token":"none"}""")).Failure);
        Assert.Equal("token.invalid_accessor", (await routes.WriteAsync(root, "lookup-accessor", """{"accessor":"none"}""")).Code);
        Assert.Equal("token.missing_accessor", (await routes.WriteAsync(root, "lookup-accessor")).Code);
        Assert.Equal("token.not_found", (await routes.WriteAsync(root, "renew", """{"token":"none"}""")).Code);
        Assert.Equal("token.missing_id", (await routes.WriteAsync(root, "renew")).Code);
        Assert.Equal("token.invalid_accessor", (await routes.WriteAsync(root, "renew-accessor", """{"accessor":"none"}""")).Code);
        Assert.Null((await routes.WriteAsync(root, "revoke", """{"token":"none"}""")).Failure);
        Assert.Equal("token.missing_id", (await routes.WriteAsync(root, "revoke")).Code);
        Assert.Equal("token.invalid_accessor", (await routes.WriteAsync(root, "revoke-accessor", """{"accessor":"none"}""")).Code);
        Assert.Equal("token.not_found", (await routes.WriteAsync(root, "revoke-orphan", """{"token":"none"}""")).Code);
        Assert.Equal("token.unknown_role", (await routes.WriteAsync(root, "create/none")).Code);
    }

    [Fact]
    public async Task Renewals_answer_the_token_as_the_caller_named_it()
    {
        var auth = (await routes.WriteAsync(root, "create", """{"policies":["dev"],"ttl":"1h"}""")).Auth;
        host.Clock.Advance(TimeSpan.FromMinutes(30));
        var byId = (await routes.WriteAsync(root, "renew", $$"""{"token":"{{auth.ClientToken.Reveal()}}","increment":"90m"}""")).Auth;
        Assert.Equal(auth.ClientToken, byId.ClientToken);
        Assert.Equal(TimeSpan.FromMinutes(90), byId.Ttl);
        var self = (await routes.WriteAsync(auth.ClientToken, "renew-self", """{"increment":7200}""")).Auth;
        Assert.Equal(auth.ClientToken, self.ClientToken);
        Assert.Equal(TimeSpan.FromHours(2), self.Ttl);
        var byAccessor = (await routes.WriteAsync(root, "renew-accessor", $$"""{"accessor":"{{auth.Accessor}}"}""")).Auth;
        Assert.Equal("", byAccessor.ClientToken.Reveal());
        Assert.Equal(TimeSpan.FromHours(1), byAccessor.Ttl);
        var json = (await routes.ReadAsync(auth.ClientToken, "lookup-self")).Ok.Json!;
        Assert.Equal("2026-01-31T12:30:00Z", json["last_renewal"]!.GetValue<string>());
        Assert.Equal(1769862600, json["last_renewal_time"]!.GetValue<long>());
        Assert.Equal(3600, json["creation_ttl"]!.GetValue<int>());
    }

    [Fact]
    public async Task Revocations_by_id_accessor_and_self()
    {
        var tokens = new List<IssuedToken>();
        for (var i = 0; i < 3; i++)
            tokens.Add((await routes.WriteAsync(root, "create", """{"policies":["dev"]}""")).Auth);
        Assert.NotEqual(0, (await routes.WriteAsync(root, "revoke", $$"""{"token":"{{tokens[0].ClientToken.Reveal()}}"}""")).Ok.Index);
        Assert.NotEqual(0, (await routes.WriteAsync(root, "revoke-accessor", $$"""{"accessor":"{{tokens[1].Accessor}}"}""")).Ok.Index);
        Assert.NotEqual(0, (await routes.WriteAsync(tokens[2].ClientToken, "revoke-self")).Ok.Index);
        foreach (var token in tokens)
            Assert.False(await host.IsValidAsync(token.ClientToken));
    }

    [Fact]
    public async Task Revoke_orphan_keeps_the_children()
    {
        var parent = (await routes.WriteAsync(root, "create", """{"policies":["dev"]}""")).Token;
        var child = (await routes.WriteAsync(parent, "create")).Token;
        Assert.Null((await routes.WriteAsync(root, "revoke-orphan", $$"""{"token":"{{parent.Reveal()}}"}""")).Failure);
        Assert.False(await host.IsValidAsync(parent));
        Assert.True((await routes.ReadAsync(child, "lookup-self")).Ok.Json!["orphan"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Accessors_are_listed()
    {
        var auth = (await routes.WriteAsync(root, "create")).Auth;
        var accessors = (await routes.ListAsync(root, "accessors")).Keys;
        Assert.Equal(2, accessors.Count);
        Assert.Contains(auth.Accessor, accessors);
    }

    [Fact]
    public void Root_protected_routes_are_these()
    {
        Assert.Equal(Access.Sudo, routes.RouteOf(Operation.List, "accessors").Access);
        Assert.Equal(Access.Sudo, routes.RouteOf(Operation.Update, "revoke-orphan").Access);
        Assert.Equal(Access.Authorized, routes.RouteOf(Operation.Update, "create-orphan").Access);
    }

    [Fact]
    public async Task A_role_round_trips_and_keeps_what_a_later_write_leaves_out()
    {
        Assert.Equal(FailureKind.NotFound, (await routes.ListAsync(root, "roles")).Failure?.Kind);
        Assert.Equal(FailureKind.NotFound, (await routes.ReadAsync(root, "roles/ci")).Failure?.Kind);
        const string first = """{"allowed_policies":"dev,OPS","orphan":true,"token_period":"1h","path_suffix":"v1"}""";
        Assert.Null((await routes.WriteAsync(root, "roles/ci", first)).Failure);
        Assert.Null((await routes.WriteAsync(root, "roles/ci", """{"renewable":false,"token_num_uses":"7"}""")).Failure);
        Assert.Equal(["ci"], (await routes.ListAsync(root, "roles")).Keys);
        var expected = JsonNode.Parse("""
            {"allowed_entity_aliases":[],"allowed_policies":["dev","ops"],"allowed_policies_glob":[],
             "disallowed_policies":[],"disallowed_policies_glob":[],"explicit_max_ttl":0,"name":"ci","orphan":true,"path_suffix":"v1",
             "period":3600,"renewable":false,"token_explicit_max_ttl":0,"token_no_default_policy":false,"token_num_uses":7,"token_period":3600,"token_type":"default-service"}
            """);
        var role = (await routes.ReadAsync(root, "roles/ci")).Ok.Json;
        Assert.True(JsonNode.DeepEquals(expected, role), role!.ToJsonString());
        Assert.Null((await routes.DeleteAsync(root, "roles/ci")).Failure);
        Assert.Equal(FailureKind.NotFound, (await routes.ReadAsync(root, "roles/ci")).Failure?.Kind);
    }

    [Theory]
    [InlineData("ci", """{"token_type":"x"}""")]
    [InlineData("ci", """{"token_period":-1}""")]
    [InlineData("ci", """{"token_explicit_max_ttl":"-1s"}""")]
    [InlineData("ci", """{"token_num_uses":-1}""")]
    [InlineData("ci", """{"token_type":"batch","token_num_uses":1}""")]
    [InlineData("ci", """{"token_bound_cidrs":"10.0.0.0/99"}""")]
    [InlineData("ci", """{"path_suffix":"a/b"}""")]
    [InlineData("-ci", "{}")]
    [InlineData("c i", "{}")]
    public async Task A_faulty_role_is_refused(string name, string body)
    {
        var answer = await routes.WriteAsync(root, "roles/" + name, body);
        Assert.Equal(FailureKind.Invalid, answer.Failure?.Kind);
        Assert.Equal(FailureKind.NotFound, (await routes.ListAsync(root, "roles")).Failure?.Kind);
    }

    [Fact]
    public async Task A_token_of_a_role_has_its_limits()
    {
        Assert.Null((await routes.WriteAsync(root, "roles/ci", """
            {"allowed_policies":["dev"],"path_suffix":"v1","token_explicit_max_ttl":"2h","token_num_uses":9,
             "token_bound_cidrs":"127.0.0.0/8","renewable":false}
            """)).Failure);
        var creator = (await routes.WriteAsync(root, "create", """{"policies":["app"]}""")).Token;
        var answer = await routes.WriteAsync(creator, "create/ci", """{"explicit_max_ttl":"3h","ttl":"9h","num_uses":20}""");
        Assert.Equal(["default", "dev"], answer.Auth.Policies);
        Assert.Equal(TimeSpan.FromHours(2), answer.Auth.Ttl);
        Assert.Equal(9, answer.Auth.NumUses);
        Assert.False(answer.Auth.Renewable);
        Assert.Equal(2, answer.Warnings.Count);
        var entry = (await host.FindAsync(answer.Token)).Entry;
        Assert.Equal("auth/token/create/ci/v1", entry.Path);
        Assert.Equal("ci", entry.Role);
        Assert.Equal(["127.0.0.0/8"], entry.BoundCidrs);
        Assert.Equal("token.policies_exceed_role", (await routes.WriteAsync(creator, "create/ci", """{"policies":["app"]}""")).Code);
    }

    [Theory]
    [InlineData("service", 30_000, true)]
    [InlineData("service", 33_000, false)]
    [InlineData("service", 2_000_000, false)]
    [InlineData("batch", 15_000, true)]
    [InlineData("batch", 17_000, false)]
    public async Task A_token_has_a_largest_entry(string type, int size, bool issued)
    {
        var before = await host.PathsAsync();
        var body = $$$"""{"type":"{{{type}}}","policies":"app","ttl":"1h","meta":{"note":"{{{new string('x', size)}}}"}}""";
        var answer = await routes.WriteAsync(root, "create", body);
        if (issued)
        {
            Assert.True(await host.IsValidAsync(answer.Token));
            return;
        }
        Assert.Equal((FailureKind.TooLarge, "token.too_large"), (answer.Failure?.Kind, answer.Code));
        Assert.Equal(before, await host.PathsAsync());
    }

    [Fact]
    public async Task A_token_with_many_policies_or_letters_is_measured_as_it_is_stored()
    {
        var policies = string.Join(',', Enumerable.Range(0, 3000).Select(i => $"policy-{i:d4}"));
        Assert.Equal("token.too_large", (await routes.WriteAsync(root, "create", $$"""{"policies":"{{policies}}"}""")).Code);
        var letters = new string('ж', 6000);
        Assert.Equal("token.too_large", (await routes.WriteAsync(root, "create", $$$"""{"policies":"a","meta":{"a":"{{{letters}}}"}}""")).Code);
    }

    [Fact]
    public async Task A_role_with_lists_without_measure_is_too_large()
    {
        var policies = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"policy-{i}"));
        var answer = await routes.WriteAsync(root, "roles/ci", $$"""{"allowed_policies":"{{policies}}"}""");
        Assert.Equal((FailureKind.TooLarge, "token.role_too_large"), (answer.Failure?.Kind, answer.Code));
        Assert.Equal(FailureKind.NotFound, (await routes.ListAsync(root, "roles")).Failure?.Kind);
    }

    [Theory]
    [InlineData(300)]
    [InlineData(5000)]
    public async Task A_role_name_that_no_role_can_have_names_nothing(int length)
    {
        var name = new string('a', length);
        Assert.Equal("token.unknown_role", (await routes.WriteAsync(root, "create/" + name)).Code);
        Assert.Equal(FailureKind.NotFound, (await routes.ReadAsync(root, "roles/" + name)).Failure?.Kind);
        Assert.Equal("token.invalid_role_name", (await routes.WriteAsync(root, "roles/" + name, "{}")).Code);
        Assert.Null((await routes.DeleteAsync(root, "roles/" + name)).Failure);
    }

    [Fact]
    public async Task An_entity_alias_that_no_role_allows_is_refused_and_not_ignored()
    {
        var answer = await routes.WriteAsync(root, "create", """{"policies":["app"],"entity_alias":"ann"}""");
        Assert.Equal((FailureKind.Invalid, "token.entity_alias_needs_role"), (answer.Failure?.Kind, answer.Code));
        Assert.Contains("entity_alias", answer.Failure?.Message);
        Assert.Null((await routes.WriteAsync(root, "create", """{"policies":["app"],"entity_alias":""}""")).Failure);

        Assert.Null((await routes.WriteAsync(root, "roles/ci", """{"allowed_entity_aliases":["ann"],"allowed_policies":"app"}""")).Failure);
        Assert.Equal("token.entity_alias_not_allowed", (await routes.WriteAsync(root, "create/ci", """{"entity_alias":"bob"}""")).Code);
        Assert.Equal("ann", (await routes.ReadAsync(root, "roles/ci")).Ok.Json!["allowed_entity_aliases"]![0]!.GetValue<string>());
    }

    [Theory]
    [InlineData("default-service", "", "service")]
    [InlineData("default-service", "batch", "batch")]
    [InlineData("default-batch", "", "batch")]
    [InlineData("default-batch", "service", "service")]
    [InlineData("service", "batch", "service")]
    [InlineData("batch", "service", "batch")]
    public async Task A_role_decides_the_type(string roleType, string asked, string expected)
    {
        Assert.Null((await routes.WriteAsync(root, "roles/ci", $$"""{"token_type":"{{roleType}}","allowed_policies":"dev"}""")).Failure);
        var token = (await routes.WriteAsync(root, "create/ci", $$"""{"type":"{{asked}}"}""")).Token;
        Assert.Equal(expected, (await routes.ReadAsync(token, "lookup-self")).Ok.Json!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task Tidy_says_what_it_did()
    {
        var answer = await routes.WriteAsync(root, "tidy");
        Assert.Contains("0 entries", Assert.Single(answer.Ok.Warnings));
    }
}
