using System.Net;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary>What tokens may do by who holds them. Changes are made on one node and looked for on the other.</summary>
public sealed class IdentityPolicyTests : IAsyncLifetime
{
    private IdentityBed bed = null!;

    public async Task InitializeAsync()
    {
        bed = await IdentityBed.CreateAsync();
        foreach (var name in (string[])["own", "mine", "direct", "above", "top"])
            await bed.PolicyAsync(name, "notes/" + name);
    }

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task A_token_has_the_policies_of_its_entity_and_of_all_groups_that_it_is_in()
    {
        var token = await bed.LoginAsync("bob", """ "policies":["own"] """);
        Assert.Equal(["default", "own"], token.Policies);
        Assert.Empty(token.IdentityPolicies);
        await bed.WriteAsync("entity/id/" + token.EntityId, """{"policies":"Mine"}""").Ok();
        var direct = await bed.CreateAsync("group", $$"""{"name":"direct","policies":["direct"],"member_entity_ids":["{{token.EntityId}}"]}""");
        var above = await bed.CreateAsync("group", $$"""{"name":"above","policies":["above","mine"],"member_group_ids":["{{direct}}"]}""");
        await bed.CreateAsync("group", $$"""{"name":"top","policies":["top"],"member_group_ids":["{{above}}"]}""");
        foreach (var name in (string[])["own", "mine", "direct", "above", "top"])
            Assert.Equal("read", await bed.MayAsync(token, "notes/" + name));
        var lookup = (await bed.AtOtherAsync(Operation.Read, "auth/token/lookup-self", token: token.ClientToken).Ok()).Json();
        Assert.Equal(["above", "direct", "mine", "top"], lookup.Texts("identity_policies"));
        Assert.Equal(["default", "own"], lookup.Texts("policies"));
        var again = await bed.LoginAsync("bob", """ "policies":["own"] """, bed.Other);
        Assert.Equal(["above", "default", "direct", "mine", "own", "top"], again.Policies);
        Assert.Equal(["default", "own"], again.TokenPolicies);
        Assert.Equal(["above", "direct", "mine", "top"], again.IdentityPolicies);
        var renewed = (await bed.Node.WriteAsync("auth/token/renew-self", "", token.ClientToken).Ok()).Auth!;
        Assert.Equal(["above", "direct", "mine", "top"], renewed.IdentityPolicies);
        var shown = (await bed.Node.WriteAsync("auth/token/lookup-accessor", $$"""{"accessor":"{{token.Accessor}}"}""").Ok()).Json();
        Assert.Equal(["above", "direct", "mine", "top"], shown.Texts("identity_policies"));
        var asked = (await bed.Node.WriteAsync("sys/capabilities-accessor", $$"""{"accessor":"{{token.Accessor}}","paths":"notes/top"}""").Ok()).Json();
        Assert.Equal(["read"], asked.Texts("capabilities"));
    }

    [Fact]
    public async Task Each_change_is_obeyed_at_the_next_request()
    {
        var token = await bed.LoginAsync("bob");
        var direct = await bed.CreateAsync("group", $$"""{"name":"direct","policies":["direct"],"member_entity_ids":["{{token.EntityId}}"]}""");
        var above = await bed.CreateAsync("group", $$"""{"name":"above","policies":["above"],"member_group_ids":["{{direct}}"]}""");
        Assert.Equal("read", await bed.MayAsync(token, "notes/above"));

        await bed.WriteAsync("group/id/" + above, """{"policies":["top"]}""").Ok();
        Assert.Equal(("deny", "read"), (await bed.MayAsync(token, "notes/above"), await bed.MayAsync(token, "notes/top")));
        await bed.WriteAsync("group/id/" + above, """{"member_group_ids":[]}""").Ok();
        Assert.Equal("deny", await bed.MayAsync(token, "notes/top"));
        await bed.WriteAsync("group/id/" + above, $$"""{"member_group_ids":"{{direct}}"}""").Ok();
        Assert.Equal("read", await bed.MayAsync(token, "notes/top"));
        await bed.WriteAsync("group/id/" + direct, """{"member_entity_ids":[]}""").Ok();
        Assert.Equal(("deny", "deny"), (await bed.MayAsync(token, "notes/direct"), await bed.MayAsync(token, "notes/top")));
        await bed.WriteAsync("group/id/" + direct, $$"""{"member_entity_ids":"{{token.EntityId}}"}""").Ok();
        Assert.Equal(("read", "read"), (await bed.MayAsync(token, "notes/direct"), await bed.MayAsync(token, "notes/top")));
        await bed.DeleteAsync("group/id/" + above).Ok();
        Assert.Equal(("read", "deny"), (await bed.MayAsync(token, "notes/direct"), await bed.MayAsync(token, "notes/top")));
        await bed.DeleteAsync("group/name/Direct").Ok();
        Assert.Equal("deny", await bed.MayAsync(token, "notes/direct"));
        Assert.Empty((await bed.EntityOfAsync(token)).Texts("group_ids"));
    }

    [Fact]
    public async Task Children_and_batch_tokens_have_them_too()
    {
        var parent = await bed.LoginAsync("bob", """ "policies":["maker"] """);
        await bed.Node.WriteAsync("sys/policies/acl/maker", """{"policy":"path \"auth/token/create\" { capabilities = [\"update\"] }"}""").Ok();
        await bed.WriteAsync("entity/id/" + parent.EntityId, """{"policies":["mine"]}""").Ok();
        var child = (await bed.Node.WriteAsync("auth/token/create", """{"policies":["default"]}""", parent.ClientToken).Ok()).Auth!;
        Assert.Equal(["default", "mine"], child.Policies);
        Assert.Equal("read", await bed.MayAsync(child, "notes/mine"));
        Assert.Equal("read", await bed.MayAsync(await bed.LoginAsync("bob", "\"batch\":true"), "notes/mine"));
    }

    [Theory]
    [InlineData("root")]
    [InlineData(" ROOT ")]
    [InlineData("response-wrapping")]
    public async Task Policies_that_no_token_gets_by_name_are_refused(string policy)
    {
        await bed.WriteAsync("entity", $$"""{"policies":["a","{{policy}}"]}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync("group", $$"""{"policies":["a","{{policy}}"]}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task An_authenticated_request_waits_for_nothing_when_its_records_are_in_memory()
    {
        var token = await bed.LoginAsync("bob");
        var direct = await bed.CreateAsync("group", $$"""{"policies":["direct"],"member_entity_ids":["{{token.EntityId}}"]}""");
        await bed.CreateAsync("group", $$"""{"policies":["above"],"member_group_ids":["{{direct}}"]}""");
        var tokens = bed.Node.Node.Tokens;
        // The store's watch must have caught up once; until then all is read from the store.
        var first = (await tokens.AuthenticateAsync(token.ClientToken, IPAddress.Loopback, default)).Value;
        for (var i = 0; i < 1_000; i++)
        {
            var answer = tokens.AuthenticateAsync(token.ClientToken, IPAddress.Loopback, default);
            var atOnce = answer.IsCompletedSuccessfully;
            Assert.Same(first, (await answer).Value);
            if (atOnce)
                return;
            await Task.Delay(10);
        }
        Assert.Fail("each request waited");
    }

    [Fact]
    public async Task Audit_records_name_the_policies_of_the_identity()
    {
        var token = await bed.LoginAsync("bob");
        await bed.WriteAsync("entity/id/" + token.EntityId, """{"policies":["mine"]}""").Ok();
        var caller = (await bed.Node.Node.Tokens.AuthenticateAsync(token.ClientToken, IPAddress.Loopback, default)).Value;
        Assert.Equal(["default", "mine"], caller.Policies);
        Assert.Equal(["mine"], caller.IdentityPolicies);
    }

    [Fact]
    public async Task Logins_put_their_entity_into_external_groups_and_take_it_out()
    {
        var group = await bed.CreateAsync("group", """{"name":"devs","type":"external","policies":["direct"]}""");
        var alias = await bed.CreateAsync("group-alias", $$"""{"name":"dev","mount_accessor":"{{bed.Accessor}}","canonical_id":"{{group}}"}""");
        var above = await bed.CreateAsync("group", $$"""{"policies":["above"],"member_group_ids":["{{group}}"]}""");
        var token = await bed.LoginAsync("bob", """ "groups":["dev","other"] """);
        Assert.Equal(["above", "direct"], token.IdentityPolicies);
        var entity = await bed.EntityOfAsync(token);
        Assert.Equal(group, Assert.Single(entity.Texts("direct_group_ids")));
        Assert.Equal(above, Assert.Single(entity.Texts("inherited_group_ids")));
        Assert.Equal(token.EntityId, Assert.Single((await bed.ReadAsync("group/id/" + group)).Texts("member_entity_ids")));
        var head = await bed.Store.HeadAsync(default);
        await bed.LoginAsync("bob", """ "batch":true,"groups":["other","dev"] """);
        Assert.Equal(head, await bed.Store.HeadAsync(default));

        Assert.Empty((await bed.LoginAsync("bob", """ "groups":["Dev"] """)).IdentityPolicies);
        Assert.Equal("deny", await bed.MayAsync(token, "notes/direct"));
        Assert.Empty((await bed.ReadAsync("group/id/" + group)).Texts("member_entity_ids"));

        // By another name the group means others; by none, nobody.
        await bed.LoginAsync("bob", """ "groups":["dev"] """);
        Assert.Equal("read", await bed.MayAsync(token, "notes/above"));
        await bed.WriteAsync("group-alias/id/" + alias, """{"name":"ops"}""").Ok();
        Assert.Equal("deny", await bed.MayAsync(token, "notes/above"));
        await bed.LoginAsync("bob", """ "groups":["ops"] """);
        Assert.Equal("read", await bed.MayAsync(token, "notes/above"));
        await bed.DeleteAsync("group-alias/id/" + alias).Ok();
        Assert.Equal("deny", await bed.MayAsync(token, "notes/above"));
    }

    [Fact]
    public async Task A_renewal_takes_over_what_the_method_says_about_groups_then()
    {
        var group = await bed.CreateAsync("group", """{"type":"external","policies":["direct"]}""");
        await bed.CreateAsync("group-alias", $$"""{"name":"dev","mount_accessor":"{{bed.Accessor}}","canonical_id":"{{group}}"}""");
        var token = await bed.LoginAsync("bob");
        await bed.Node.WriteAsync("auth/call/renewal", """{"groups":["dev"]}""").Ok();
        Assert.Equal(["direct"], (await bed.Node.WriteAsync("auth/token/renew-self", "", token.ClientToken).Ok()).Auth!.IdentityPolicies);
        await bed.Node.WriteAsync("auth/call/renewal", """{"groups":[]}""").Ok();
        Assert.Empty((await bed.Node.WriteAsync("auth/token/renew-self", "", token.ClientToken).Ok()).Auth!.IdentityPolicies);
    }

    [Fact]
    public async Task Groups_of_one_method_are_not_those_of_another()
    {
        var accessor = await bed.EnableAsync("two");
        var group = await bed.CreateAsync("group", """{"type":"external","policies":["direct"]}""");
        await bed.CreateAsync("group-alias", $$"""{"name":"dev","mount_accessor":"{{accessor}}","canonical_id":"{{group}}"}""");
        var token = await bed.LoginAsync("bob", """ "groups":["dev"] """);
        Assert.Empty(token.IdentityPolicies);
        var alias = await bed.CreateAsync("entity-alias", $$"""{"name":"rob","mount_accessor":"{{accessor}}","canonical_id":"{{token.EntityId}}"}""");
        Assert.Equal(["direct"], (await bed.LoginAtAsync("two", "rob", """ "groups":["dev"] """)).IdentityPolicies);
        // The other method has said nothing about these groups.
        Assert.Equal(["direct"], (await bed.LoginAsync("bob")).IdentityPolicies);
        await bed.DeleteAsync("entity-alias/id/" + alias).Ok();
        Assert.Equal("deny", await bed.MayAsync(token, "notes/direct"));
    }

    [Fact]
    public async Task Somebody_in_very_many_groups_is_in_all_of_them_that_have_aliases()
    {
        for (var i = 0; i < 70; i++)
            await bed.CreateAsync("group-alias", $$"""{"name":"g{{i}}","mount_accessor":"{{bed.Accessor}}"}""");
        var groups = string.Join(',', Enumerable.Range(0, 1_500).Select(i => $"\"g{i}\""));
        var token = await bed.LoginAsync("bob", $"\"groups\":[{groups}]");
        Assert.Equal(70, (await bed.EntityOfAsync(token)).Texts("direct_group_ids").Length);
        await bed.LoginAsync("bob");
        Assert.Empty((await bed.EntityOfAsync(token)).Texts("direct_group_ids"));
        await bed.LoginAsync("bob", $"\"groups\":[{groups}]");
        await bed.DeleteAsync("entity/id/" + token.EntityId).Ok();
        Assert.Empty(await bed.Node.Node.Identities.Space.All[0].AllMembers.ScanAsync("", 0, default));
    }
}
