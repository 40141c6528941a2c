using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary><c>identity/entity</c>, <c>entity-alias</c> and <c>lookup/entity</c>.</summary>
public sealed class EntityRoutesTests : IAsyncLifetime
{
    private IdentityBed bed = null!;

    public async Task InitializeAsync() => bed = await IdentityBed.CreateAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task An_entity_is_created_read_changed_and_deleted()
    {
        var created = (await bed.WriteAsync("entity", """{"name":"Ann","metadata":{"team":"a"},"policies":"App,app, dev"}""").Ok()).Json();
        Assert.Equal("Ann", created.Text("name"));
        Assert.Equal(JsonValueKind.Null, created.GetProperty("aliases").ValueKind);
        var id = created.Text("id");
        var read = (await bed.AtOtherAsync(Operation.Read, "identity/entity/id/" + id).Ok()).Json();
        Assert.Equal(["app", "dev"], read.Texts("policies"));
        Assert.Equal("a", read.GetProperty("metadata").Text("team"));
        Assert.Equal("root", read.Text("namespace_id"));
        Assert.False(read.GetProperty("disabled").GetBoolean());

        // A change answers nothing and leaves what is not named.
        Assert.True((await bed.WriteAsync("entity", """{"name":"ann","policies":[]}""").Ok()).Data.IsEmpty);
        read = await bed.ReadAsync("entity/name/ANN");
        Assert.Equal((id, "ann", "a"), (read.Text("id"), read.Text("name"), read.GetProperty("metadata").Text("team")));
        Assert.Empty(read.Texts("policies"));
        await bed.WriteAsync("entity/id/" + id, """{"name":"Anna/b","metadata":{}}""").Ok();
        Assert.Equal(JsonValueKind.Null, (await bed.ReadAsync("entity/name/anna/B")).GetProperty("metadata").ValueKind);
        await bed.Node.ReadAsync("identity/entity/name/ann").Fails(FailureKind.NotFound);
        await bed.DeleteAsync("entity/name/anna/b").Ok();
        await bed.Node.ReadAsync("identity/entity/id/" + id).Fails(FailureKind.NotFound);
        await bed.DeleteAsync("entity/id/" + id).Ok();
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task Names_are_unique_in_upper_and_lower_case()
    {
        var ann = await bed.CreateAsync("entity/name/Ann", "{}");
        var bob = await bed.CreateAsync("entity", """{"name":"bob"}""");
        var taken = await bed.WriteAsync("entity/id/" + bob, """{"name":"ANN"}""").Fails(FailureKind.Invalid);
        Assert.Equal("identity.name_in_use", taken.Code);
        Assert.Equal("bob", (await bed.ReadAsync("entity/id/" + bob)).Text("name"));
        await bed.WriteAsync("entity/id/" + ann, """{"name":"other"}""").Ok();
        await bed.WriteAsync("entity/id/" + bob, """{"name":"ANN"}""").Ok();
        Assert.Equal(["ANN", "other"], (await bed.ListAsync("entity/name")).Texts("keys"));
    }

    [Fact]
    public async Task Nodes_that_make_one_name_at_once_make_one_entity()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(
            () => (i % 2 == 0 ? bed.Node : bed.Other).WriteAsync("identity/entity/name/ann", "{}"))));
        Assert.All(answers, a => Assert.Null(a.Failure));
        Assert.Single(answers, a => !a.Data.IsEmpty);
        Assert.Single((await bed.ListAsync("entity/id")).Texts("keys"));
    }

    [Fact]
    public async Task Lists_come_in_pages_and_an_empty_one_is_not_found()
    {
        await bed.Node.ListAsync("identity/entity/id").Fails(FailureKind.NotFound);
        await bed.Node.ListAsync("identity/entity/name").Fails(FailureKind.NotFound);
        await bed.Node.ListAsync("identity/entity-alias/id").Fails(FailureKind.NotFound);
        foreach (var name in (string[])["c", "A", "b", "d e"])
            await bed.CreateAsync("entity", JsonSerializer.Serialize(new { name }));
        Assert.Equal(["A", "b"], (await bed.ListAsync("entity/name", """{"limit":2}""")).Texts("keys"));
        Assert.Equal(["c", "d e"], (await bed.ListAsync("entity/name", """{"after":"B"}""")).Texts("keys"));
        var all = (await bed.ListAsync("entity/id")).Texts("keys");
        Assert.Equal(4, all.Length);
        var page = await bed.ListAsync("entity/id", $$"""{"after":"{{all[0]}}","limit":2}""");
        Assert.Equal(all[1..3], page.Texts("keys"));
        Assert.Equal(2, page.GetProperty("key_info").EnumerateObject().Count());
        await bed.Node.AskAsync(Operation.List, "identity/entity/name", """{"after":"a\u0000"}""").Fails(FailureKind.Invalid);
    }

    [Theory]
    [InlineData("entity", """{"name":" a"}""")]
    [InlineData("entity", """{"name":"a\u0001"}""")]
    [InlineData("entity", """{"id":"nobody"}""")]
    [InlineData("entity", """{"id":"00000000-0000-0000-0000-000000000000"}""")]
    [InlineData("entity", """{"metadata":5}""")]
    [InlineData("entity/id/nobody", "{}")]
    [InlineData("entity/batch-delete", "{}")]
    [InlineData("entity/merge", "{}")]
    [InlineData("entity/merge", """{"to_entity_id":"x","from_entity_ids":"y"}""")]
    [InlineData("entity-alias", "{}")]
    [InlineData("entity-alias", """{"name":"a"}""")]
    [InlineData("entity-alias", """{"name":"a","mount_accessor":"none"}""")]
    [InlineData("entity-alias", """{"id":"none","name":"a"}""")]
    [InlineData("entity-alias/id/none", "{}")]
    [InlineData("lookup/entity", "{}")]
    [InlineData("lookup/entity", """{"name":"a","id":"b"}""")]
    [InlineData("lookup/entity", """{"alias_name":"a"}""")]
    [InlineData("lookup/entity", """{"alias_mount_accessor":"a"}""")]
    public async Task What_makes_no_sense_is_refused(string path, string body)
    {
        await bed.WriteAsync(path, body).Fails(FailureKind.Invalid);
        Assert.Empty(await StoredAsync());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("../entity")]
    public async Task What_is_not_there_is_not_found_and_its_deletion_is_no_error(string id)
    {
        foreach (var what in (string[])["entity", "entity-alias", "group", "group-alias"])
        {
            var kind = (await bed.Node.ReadAsync($"identity/{what}/id/{id}")).Failure!.Kind;
            Assert.Equal(FailureKind.NotFound, kind);
            if (!id.Contains('/', StringComparison.Ordinal))
                await bed.DeleteAsync($"{what}/id/{id}").Ok();
        }
    }

    [Fact]
    public async Task An_alias_made_before_the_first_login_decides_who_logs_in()
    {
        var entity = await bed.CreateAsync("entity", """{"name":"ann"}""");
        var alias = (await bed.WriteAsync(
            "entity-alias", $$"""{"name":"bob","canonical_id":"{{entity}}","mount_accessor":"{{bed.Accessor}}","custom_metadata":"mail=a@b"}""").Ok()).Json();
        Assert.Equal(entity, alias.Text("canonical_id"));
        Assert.Equal(entity, (await bed.LoginAsync("bob", """ "metadata":{"a":"1"} """, bed.Other)).EntityId);
        var read = (await bed.AtOtherAsync(Operation.Read, "identity/entity-alias/id/" + alias.Text("id")).Ok()).Json();
        Assert.Equal(("a@b", "1"), (read.GetProperty("custom_metadata").Text("mail"), read.GetProperty("metadata").Text("a")));
        Assert.Equal(alias.Text("id"), Assert.Single((await bed.ListAsync("entity-alias/id")).Texts("keys")));
        await bed.DeleteAsync("entity-alias/id/" + alias.Text("id")).Ok();
        Assert.NotEqual(entity, (await bed.LoginAsync("bob")).EntityId);
    }

    [Fact]
    public async Task An_alias_is_renamed_and_moved()
    {
        var two = await bed.EnableAsync("two");
        var (ann, bob) = (await bed.CreateAsync("entity", """{"name":"ann"}"""), await bed.CreateAsync("entity", """{"name":"bob"}"""));
        var alias = await bed.CreateAsync("entity-alias", $$"""{"name":"a","canonical_id":"{{ann}}","mount_accessor":"{{bed.Accessor}}"}""");
        // Without an id, the name in the mount says which; the other entity gets it.
        Assert.Equal(alias, await bed.CreateAsync("entity-alias", $$"""{"name":"a","canonical_id":"{{bob}}","mount_accessor":"{{bed.Accessor}}"}"""));
        Assert.Equal(bob, (await bed.LoginAsync("a")).EntityId);
        Assert.Empty((await bed.ReadAsync("entity/id/" + ann)).GetProperty("aliases").EnumerateArray());
        await bed.WriteAsync("entity-alias/id/" + alias, """{"name":"b"}""").Ok();
        Assert.Equal(bob, (await bed.LoginAsync("b")).EntityId);
        Assert.NotEqual(bob, (await bed.LoginAsync("a")).EntityId);
        await bed.WriteAsync("entity-alias/id/" + alias, $$"""{"mount_accessor":"{{two}}","canonical_id":"{{ann}}"}""").Ok();
        Assert.Equal(ann, (await bed.LoginAtAsync("two", "b", at: bed.Other)).EntityId);
        // Taken names and second aliases of a mount are refused.
        var taken = await bed.WriteAsync("entity-alias/id/" + alias, $$"""{"name":"a","mount_accessor":"{{bed.Accessor}}"}""").Fails(FailureKind.Invalid);
        Assert.Equal("identity.alias_in_use", taken.Code);
        var second = await bed.WriteAsync("entity-alias", $$"""{"name":"c","canonical_id":"{{ann}}","mount_accessor":"{{two}}"}""").Fails(FailureKind.Invalid);
        Assert.Equal("identity.alias_exists", second.Code);
        await bed.WriteAsync("entity-alias", $$"""{"name":"c","canonical_id":"none","mount_accessor":"{{two}}"}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync("entity-alias", $$"""{"name":"c","mount_accessor":"{{two}}"}""").Ok();
    }

    [Fact]
    public async Task An_entity_has_no_more_aliases_than_can_be_deleted_with_it()
    {
        var entity = await bed.CreateAsync("entity", "{}");
        for (var i = 0; i < 24; i++)
            await AliasAsync($"m{i}");
        await bed.EnableAsync("more");
        Assert.Equal("identity.too_many_aliases", (await AliasAsync("last").Fails(FailureKind.Invalid)).Code);
        await bed.DeleteAsync("entity/id/" + entity).Ok();
        Assert.Empty(await StoredAsync());

        async Task<Response> AliasAsync(string path) => await bed.WriteAsync(
            "entity-alias", $$"""{"name":"a","canonical_id":"{{entity}}","mount_accessor":"{{await bed.EnableAsync(path)}}"}""");
    }

    [Fact]
    public async Task An_entity_is_found_by_id_name_and_alias()
    {
        var token = await bed.LoginAsync("bob");
        var alias = (await bed.EntityOfAsync(token)).GetProperty("aliases")[0].Text("id");
        string[] ways =
        [
            $$"""{"id":"{{token.EntityId}}"}""",
            $$"""{"name":"ENTITY-{{token.EntityId}}"}""",
            $$"""{"alias_id":"{{alias}}"}""",
            $$"""{"alias_name":"bob","alias_mount_accessor":"{{bed.Accessor}}"}""",
        ];
        foreach (var way in ways)
            Assert.Equal(token.EntityId, (await bed.WriteAsync("lookup/entity", way).Ok()).Json().Text("id"));
        string[] nobody = ["""{"id":"x"}""", """{"name":"x"}""", """{"alias_id":"x"}""", """{"alias_name":"x","alias_mount_accessor":"x"}"""];
        foreach (var way in nobody)
            Assert.True((await bed.WriteAsync("lookup/entity", way).Ok()).Data.IsEmpty);
    }

    [Fact]
    public async Task A_batch_deletion_deletes_all()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add((await bed.LoginAsync($"u{i}")).EntityId);
        await bed.WriteAsync("entity/batch-delete", JsonSerializer.Serialize(new { entity_ids = ids })).Ok();
        Assert.Empty(await StoredAsync());
    }

    private Task<IReadOnlyList<string>> StoredAsync() => bed.StoredAsync();
}
