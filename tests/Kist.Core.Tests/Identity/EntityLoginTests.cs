using Kist.Core.Identity;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary>How logins find their entities, on two nodes of one store.</summary>
public sealed class EntityLoginTests : IAsyncLifetime
{
    private const string Batch = "\"batch\":true";

    private IdentityBed bed = null!;

    public async Task InitializeAsync() => bed = await IdentityBed.CreateAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task The_first_login_makes_an_entity_and_later_ones_find_it_on_every_node()
    {
        var first = await bed.LoginAsync("bob", """ "metadata":{"team":"a"} """);
        Assert.Equal(first.EntityId, (await bed.LoginAsync("bob", """ "metadata":{"team":"a"} """, bed.Other)).EntityId);
        var entity = await bed.EntityOfAsync(first);
        Assert.Equal("entity-" + first.EntityId, entity.Text("name"));
        var alias = entity.GetProperty("aliases")[0];
        Assert.Equal(("bob", bed.Accessor, "auth/call/", "call"), (alias.Text("name"), alias.Text("mount_accessor"), alias.Text("mount_path"), alias.Text("mount_type")));
        Assert.Equal("a", alias.GetProperty("metadata").Text("team"));
        Assert.Equal(first.EntityId, (await bed.Node.ReadAsync("auth/token/lookup-self", first.ClientToken).Ok()).Json().Text("entity_id"));
    }

    [Fact]
    public async Task Names_that_an_identity_provider_tells_apart_are_different_entities()
    {
        var ids = new List<string>();
        foreach (var name in (string[])["bob", "Bob", "bob ", "b/ob", "bób", "bo\u0301b"])
        {
            var answer = await bed.TryLoginAsync(System.Text.Json.JsonSerializer.Serialize(new { name }));
            if (answer.Failure is null)
                ids.Add(answer.Auth!.EntityId);
        }
        Assert.Equal(5, ids.Count);
        Assert.Equal(5, ids.Distinct().Count());
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" bob\"")]
    [InlineData("\"bo\\u0000b\"")]
    [InlineData("\"bo\\nb\"")]
    public async Task A_name_that_can_be_no_alias_is_refused(string name) =>
        await bed.TryLoginAsync($$"""{"name":{{name}}}""").Fails(FailureKind.Invalid);

    [Fact]
    public async Task A_name_without_measure_is_refused() =>
        await bed.TryLoginAsync($$"""{"name":"{{new string('x', 1025)}}"}""").Fails(FailureKind.Invalid);

    [Fact]
    public async Task A_login_that_names_nobody_has_no_entity() =>
        Assert.Equal("", (await bed.TryLoginAsync("{}").Ok()).Auth!.EntityId);

    [Fact]
    public async Task A_login_that_finds_all_as_it_was_writes_nothing()
    {
        const string Same = Batch + ""","metadata":{"a":"1","b":"2"}""";
        await bed.LoginAsync("bob", Same);
        var head = await bed.Store.HeadAsync(default);
        await bed.LoginAsync("bob", Batch + ""","metadata":{"b":"2","a":"1"}""");
        Assert.Equal(head, await bed.Store.HeadAsync(default));
        var changed = await bed.LoginAsync("bob", Batch + ""","metadata":{"b":"3"}""");
        Assert.NotEqual(head, await bed.Store.HeadAsync(default));
        Assert.Equal("""{"b":"3"}""", (await bed.EntityOfAsync(changed)).GetProperty("aliases")[0].GetProperty("metadata").GetRawText());
    }

    [Fact]
    public async Task A_storm_of_first_logins_of_one_alias_makes_one_entity()
    {
        var ids = await StormAsync(_ => "bob");
        Assert.Single(ids.Distinct());
        Assert.Single((await bed.ListAsync("entity/id")).Texts("keys"));
    }

    [Fact]
    public async Task A_storm_of_first_logins_of_many_makes_an_entity_for_each()
    {
        var ids = await StormAsync(i => $"user-{i / 2}");
        Assert.Equal(2500, ids.Distinct().Count());
    }

    [Fact]
    public async Task Logins_at_once_that_say_different_things_all_end_well()
    {
        var logins = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(
            () => bed.LoginAsync("bob", $"{Batch},\"metadata\":{{\"pod\":\"{i}\"}}", i % 2 == 0 ? bed.Node : bed.Other))));
        Assert.Single(logins.Select(l => l.EntityId).Distinct());
    }

    [Fact]
    public async Task A_disabled_entity_cannot_log_in_and_its_tokens_are_refused_on_every_node()
    {
        var token = await bed.LoginAsync("bob");
        var batch = await bed.LoginAsync("bob", Batch);
        var id = token.EntityId;
        await bed.WriteAsync("entity/id/" + id, """{"disabled":true}""").Ok();
        await bed.TryLoginAsync("""{"name":"bob"}""").Fails(FailureKind.Denied);
        foreach (var held in (Kist.Crypto.SecretText[])[token.ClientToken, batch.ClientToken])
        {
            await bed.Node.ReadAsync("auth/token/lookup-self", held).Fails(FailureKind.Unauthenticated);
            await bed.AtOtherAsync(Operation.Read, "auth/token/lookup-self", token: held).Fails(FailureKind.Unauthenticated);
        }
        var renewal = await bed.Node.WriteAsync("auth/token/renew-accessor", $$"""{"accessor":"{{token.Accessor}}"}""").Fails(FailureKind.Unauthenticated);
        Assert.Equal("token.invalid", renewal.Code);
        await bed.WriteAsync("entity/id/" + id, """{"disabled":"false"}""").Ok();
        await bed.Node.ReadAsync("auth/token/lookup-self", token.ClientToken).Ok();
        await bed.AtOtherAsync(Operation.Read, "auth/token/lookup-self", token: token.ClientToken).Ok();
    }

    [Fact]
    public async Task Tokens_of_a_deleted_entity_are_refused_and_a_new_login_is_somebody_else()
    {
        var token = await bed.LoginAsync("bob");
        await bed.DeleteAsync("entity/id/" + token.EntityId).Ok();
        await bed.Node.ReadAsync("auth/token/lookup-self", token.ClientToken).Fails(FailureKind.Unauthenticated);
        await bed.AtOtherAsync(Operation.Read, "auth/token/lookup-self", token: token.ClientToken).Fails(FailureKind.Unauthenticated);
        var next = await bed.LoginAsync("bob", at: bed.Other);
        Assert.NotEqual(token.EntityId, next.EntityId);
    }

    [Fact]
    public async Task A_child_is_who_its_parent_is_and_an_orphan_is_nobody()
    {
        await bed.Node.WriteAsync(
            "sys/policies/acl/maker", """{"policy":"path \"auth/token/*\" { capabilities = [\"update\", \"sudo\"] }"}""").Ok();
        var parent = await bed.LoginAsync("bob", """ "policies":["maker"] """);
        var child = (await bed.Node.WriteAsync("auth/token/create", "{}", parent.ClientToken).Ok()).Auth!;
        Assert.Equal(parent.EntityId, child.EntityId);
        Assert.Equal("", (await bed.Node.WriteAsync("auth/token/create-orphan", "{}", parent.ClientToken).Ok()).Auth!.EntityId);
        await bed.DeleteAsync("entity/id/" + parent.EntityId).Ok();
        await bed.Node.ReadAsync("auth/token/lookup-self", child.ClientToken).Fails(FailureKind.Unauthenticated);
    }

    [Fact]
    public async Task A_token_role_makes_tokens_for_the_aliases_that_it_allows()
    {
        await bed.Node.WriteAsync("auth/token/roles/ci", """{"allowed_entity_aliases":["ann","ci-*"],"allowed_policies":"app"}""").Ok();
        var ann = (await bed.Node.WriteAsync("auth/token/create/ci", """{"entity_alias":"ann"}""").Ok()).Auth!;
        Assert.Equal(ann.EntityId, (await bed.Other.WriteAsync("auth/token/create/ci", """{"entity_alias":"ann"}""").Ok()).Auth!.EntityId);
        Assert.Equal("auth/token/", (await bed.EntityOfAsync(ann)).GetProperty("aliases")[0].Text("mount_path"));
        Assert.NotEqual(ann.EntityId, (await bed.Node.WriteAsync("auth/token/create/ci", """{"entity_alias":"ci-1"}""").Ok()).Auth!.EntityId);
        Assert.Equal("", (await bed.Node.WriteAsync("auth/token/create/ci", "{}").Ok()).Auth!.EntityId);
        await bed.Node.WriteAsync("auth/token/create/ci", """{"entity_alias":"eve"}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync("entity/id/" + ann.EntityId, """{"disabled":true}""").Ok();
        await bed.Node.WriteAsync("auth/token/create/ci", """{"entity_alias":"ann"}""").Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Aliases_of_an_unmounted_method_are_never_found_again_and_are_taken_away()
    {
        var first = await bed.LoginAsync("bob");
        await bed.Node.DeleteAsync("sys/auth/call").Ok();
        await bed.EnableAsync("call");
        var second = await bed.LoginAsync("bob");
        Assert.NotEqual(first.EntityId, second.EntityId);
        await new IdentityTidy(bed.Node.Node.Identities.Space, TimeProvider.System).RunAsync(null, default);
        Assert.Empty((await bed.EntityOfAsync(first)).GetProperty("aliases").EnumerateArray());
        Assert.Single((await bed.EntityOfAsync(second)).GetProperty("aliases").EnumerateArray());
        Assert.Single((await bed.ListAsync("entity-alias/id")).Texts("keys"));
    }

    [Fact]
    public async Task What_a_method_says_without_measure_is_refused()
    {
        var metadata = $"\"metadata\":{{\"a\":\"{new string('x', 32 * 1024)}\"}}";
        await bed.TryLoginAsync($"{{\"name\":\"bob\",{metadata}}}").Fails(FailureKind.TooLarge);
        await bed.LoginAsync("bob");
        await bed.TryLoginAsync($"{{\"name\":\"bob\",{metadata}}}").Fails(FailureKind.TooLarge);
    }

    private async Task<string[]> StormAsync(Func<int, string> name)
    {
        var logins = await Task.WhenAll(Enumerable.Range(0, 5_000).Select(
            i => Task.Run(() => bed.LoginAsync(name(i), Batch, i % 2 == 0 ? bed.Node : bed.Other))));
        return [.. logins.Select(l => l.EntityId)];
    }
}
