using System.Text.Json;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;

namespace Kist.Core.Tests.Identity;

/// <summary>Policies with templates, as tokens of entities meet them.</summary>
public sealed class TemplatedPolicyTests : IAsyncLifetime
{
    private IdentityBed bed = null!;

    public async Task InitializeAsync() => bed = await IdentityBed.CreateAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task Every_documented_parameter_has_its_value()
    {
        var token = await bed.LoginAsync("bob", """ "policies":["own"],"metadata":{"ns":"prod"} """);
        var alias = (await bed.EntityOfAsync(token)).GetProperty("aliases")[0].Text("id");
        await bed.WriteAsync("entity-alias/id/" + alias, """{"custom_metadata":{"a.b":"custom"}}""").Ok();
        await bed.WriteAsync("entity/id/" + token.EntityId, """{"name":"ann","metadata":{"team":"blue"}}""").Ok();
        var group = await bed.CreateAsync("group", $$"""{"name":"my.devs","metadata":{"cost":"42"},"member_entity_ids":["{{token.EntityId}}"]}""");
        var parent = await bed.CreateAsync("group", $$"""{"name":"above","member_group_ids":["{{group}}"]}""");
        (string Parameter, string Value)[] all =
        [
            ("identity.entity.id", token.EntityId),
            ("identity.entity.name", "ann"),
            ("identity.entity.metadata.team", "blue"),
            ($"identity.entity.aliases.{bed.Accessor}.id", alias),
            ($"identity.entity.aliases.{bed.Accessor}.name", "bob"),
            ($"identity.entity.aliases.{bed.Accessor}.metadata.ns", "prod"),
            ($"identity.entity.aliases.{bed.Accessor}.custom_metadata.a.b", "custom"),
            ($"identity.groups.ids.{group}.name", "my.devs"),
            ("identity.groups.names.my.devs.id", group),
            ($"identity.groups.ids.{group}.metadata.cost", "42"),
            ("identity.groups.names.my.devs.metadata.cost", "42"),
            ($"identity.groups.ids.{parent}.name", "above"),
        ];
        foreach (var (parameter, value) in all)
        {
            await bed.PolicyAsync("own", $"notes/{{{{ {parameter} }}}}/*");
            Assert.Equal((parameter, "read"), (parameter, await bed.MayAsync(token, $"notes/{value}/x")));
            Assert.Equal("deny", await bed.MayAsync(token, "notes/other/x"));
        }
    }

    [Theory]
    [InlineData("{{identity.entity.metadata.none}}")]
    [InlineData("{{identity.entity.metadata.empty}}")]
    [InlineData("{{identity.entity.nam}}")]
    [InlineData("{{identity.entity.aliases.none.name}}")]
    [InlineData("{{identity.groups.names.strangers.id}}")]
    [InlineData("{{identity.groups.ids.x.name}}")]
    [InlineData("{{}}")]
    [InlineData("{{identity.entity.id}}/{{identity.entity.metadata.none}}")]
    public async Task A_rule_whose_template_has_no_value_grants_nothing(string template)
    {
        var token = await bed.LoginAsync("bob", """ "policies":["own"] """);
        await bed.WriteAsync("entity/id/" + token.EntityId, """{"metadata":{"empty":""}}""").Ok();
        await bed.CreateAsync("group", """{"name":"strangers"}""");
        await bed.PolicyAsync("own", $"notes/{template}*");
        foreach (var path in (string[])["notes/", "notes/x", "notes/" + template, "notes/" + token.EntityId, $"notes/{token.EntityId}/"])
            Assert.Equal("deny", await bed.MayAsync(token, path));
    }

    [Theory]
    [InlineData("*", "notes/x/end", "notes/*/end")]
    [InlineData("+", "notes/x/end", null)]
    [InlineData("a*", "notes/ab/end", "notes/a*/end")]
    [InlineData("a/+/b", "notes/a/x/b/end", null)]
    [InlineData("a/b", "notes/a/end", "notes/a/b/end")]
    [InlineData("a/..", "notes/end", "notes/a/../end")]
    [InlineData("{{identity.entity.id}}", "notes/x/end", "notes/{{identity.entity.id}}/end")]
    public async Task A_value_is_literal_and_widens_nothing(string value, string refused, string? granted)
    {
        var token = await BobWithAsync(value);
        await bed.PolicyAsync("own", "notes/{{identity.entity.metadata.v}}/end");
        Assert.Equal("deny", await bed.MayAsync(token, refused));
        if (granted is not null)
            Assert.Equal("read", await bed.MayAsync(token, granted));
    }

    [Theory]
    [InlineData("*", "notes/secret")]
    [InlineData("a*", "notes/abc")]
    [InlineData("+", "notes/abc")]
    [InlineData("a/*", "notes/a/b")]
    public async Task A_value_at_the_end_of_a_path_brings_no_wildcard(string value, string refused)
    {
        var token = await BobWithAsync(value);
        await bed.PolicyAsync("own", "notes/{{identity.entity.metadata.v}}");
        Assert.Equal("deny", await bed.MayAsync(token, refused));
        Assert.Equal(value == "+" ? "deny" : "read", await bed.MayAsync(token, "notes/" + value));
    }

    [Fact]
    public async Task A_pattern_with_a_value_adds_to_the_same_one_without()
    {
        var token = await BobWithAsync("x");
        await bed.Node.WriteAsync("sys/policies/acl/own", JsonSerializer.Serialize(new
        {
            policy = """
                path "notes/{{identity.entity.metadata.v}}" { capabilities = ["read"] }
                path "notes/x" { capabilities = ["update"] }
                path "notes/*" { capabilities = ["list"] }
                """,
        })).Ok();
        Assert.Equal("read update", await bed.MayAsync(token, "notes/x"));
        Assert.Equal("list", await bed.MayAsync(token, "notes/y"));
        await bed.WriteAsync("entity/id/" + token.EntityId, """{"metadata":{"v":"y"}}""").Ok();
        Assert.Equal(("update", "read"), (await bed.MayAsync(token, "notes/x"), await bed.MayAsync(token, "notes/y")));
    }

    [Fact]
    public async Task The_values_are_each_callers_own_and_nobodys_without_an_entity()
    {
        await bed.PolicyAsync("own", "notes/{{identity.entity.name}}");
        var (a, b) = (await bed.LoginAsync("a", """ "policies":["own"] """), await bed.LoginAsync("b", """ "policies":["own"] """));
        Assert.Equal(("read", "deny"), (await bed.MayAsync(a, "notes/entity-" + a.EntityId), await bed.MayAsync(a, "notes/entity-" + b.EntityId)));
        Assert.Equal(("deny", "read"), (await bed.MayAsync(b, "notes/entity-" + a.EntityId), await bed.MayAsync(b, "notes/entity-" + b.EntityId)));
        var nobody = (await bed.Node.WriteAsync("auth/token/create", """{"policies":["own"]}""").Ok()).Auth!;
        Assert.Equal("deny", await bed.MayAsync(nobody, "notes/entity-" + a.EntityId));
        // What the policy "default" says of one's own entity.
        Assert.Equal(("read", "deny"), (await bed.MayAsync(a, "identity/entity/id/" + a.EntityId), await bed.MayAsync(a, "identity/entity/id/" + b.EntityId)));
    }

    [Fact]
    public async Task A_template_cannot_be_denied()
    {
        var policy = JsonSerializer.Serialize(new { policy = "path \"notes/{{identity.entity.id}}\" { capabilities = [\"deny\"] }" });
        Assert.Contains("cannot be denied", (await bed.Node.WriteAsync("sys/policies/acl/own", policy).Fails(FailureKind.Invalid)).Message);
    }

    private async Task<IssuedToken> BobWithAsync(string value)
    {
        var token = await bed.LoginAsync("bob", """ "policies":["own"] """);
        await bed.WriteAsync("entity/id/" + token.EntityId, JsonSerializer.Serialize(new { metadata = new { v = value } })).Ok();
        return token;
    }
}
