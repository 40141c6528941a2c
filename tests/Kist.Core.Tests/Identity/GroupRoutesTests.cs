using System.Text.Json;
using Kist.Core.Identity;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary><c>identity/group</c>, <c>group-alias</c> and <c>lookup/group</c>.</summary>
public sealed class GroupRoutesTests : IAsyncLifetime
{
    private IdentityBed bed = null!;

    private IdentityRecords Records => bed.Node.Node.Identities.Space.All[0];

    public async Task InitializeAsync() => bed = await IdentityBed.CreateAsync();

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task A_group_is_created_read_changed_and_deleted()
    {
        var created = (await bed.WriteAsync("group", """{"name":"Devs","metadata":{"a":"b"},"policies":["App"]}""").Ok()).Json();
        var id = created.Text("id");
        var read = (await bed.AtOtherAsync(Operation.Read, "identity/group/id/" + id).Ok()).Json();
        Assert.Equal(("Devs", "internal", 1), (read.Text("name"), read.Text("type"), read.GetProperty("modify_index").GetInt32()));
        Assert.Equal(["app"], read.Texts("policies"));
        Assert.Equal(JsonValueKind.Null, read.GetProperty("alias").ValueKind);
        Assert.True((await bed.WriteAsync("group", """{"name":"devs","policies":["b"]}""").Ok()).Data.IsEmpty);
        await bed.WriteAsync("group/id/" + id, """{"name":"ops"}""").Ok();
        read = await bed.ReadAsync("group/name/OPS");
        Assert.Equal(("ops", "b", 3), (read.Text("name"), read.GetProperty("metadata").Text("a"), read.GetProperty("modify_index").GetInt32()));
        await bed.Node.ReadAsync("identity/group/name/devs").Fails(FailureKind.NotFound);
        await bed.DeleteAsync("group/name/ops").Ok();
        await bed.Node.ReadAsync("identity/group/id/" + id).Fails(FailureKind.NotFound);
        await bed.Node.ListAsync("identity/group/id").Fails(FailureKind.NotFound);
        await bed.Node.ListAsync("identity/group/name").Fails(FailureKind.NotFound);
        await bed.Node.ListAsync("identity/group-alias/id").Fails(FailureKind.NotFound);
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task A_write_says_all_members_and_they_say_the_group()
    {
        var entities = new List<string>();
        for (var i = 0; i < 3; i++)
            entities.Add(await bed.CreateAsync("entity", "{}"));
        var child = await bed.CreateAsync("group", """{"name":"child"}""");
        var group = await bed.CreateAsync("group", JsonSerializer.Serialize(new { member_entity_ids = entities.Append(entities[0]), member_group_ids = child }));
        var read = await bed.ReadAsync("group/id/" + group);
        Assert.Equal(entities.Order(StringComparer.Ordinal), read.Texts("member_entity_ids"));
        Assert.Equal([child], read.Texts("member_group_ids"));
        Assert.Equal([group], (await bed.ReadAsync("group/id/" + child)).Texts("parent_group_ids"));
        await bed.WriteAsync("group/id/" + group, JsonSerializer.Serialize(new { member_entity_ids = entities[1..2], member_group_ids = Array.Empty<string>() })).Ok();
        read = await bed.ReadAsync("group/id/" + group);
        Assert.Equal([entities[1]], read.Texts("member_entity_ids"));
        Assert.Empty(read.Texts("member_group_ids"));
        Assert.Empty((await bed.ReadAsync("entity/id/" + entities[0])).Texts("group_ids"));
        Assert.Equal([group], (await bed.ReadAsync("entity/id/" + entities[1])).Texts("direct_group_ids"));
        await bed.DeleteAsync("entity/id/" + entities[1]).Ok();
        Assert.Empty((await bed.ReadAsync("group/id/" + group)).Texts("member_entity_ids"));
    }

    [Fact]
    public async Task Very_many_members_enter_and_leave()
    {
        var entities = new List<string>();
        for (var i = 0; i < 150; i++)
            entities.Add(await bed.CreateAsync("entity", "{}"));
        var group = await bed.CreateAsync("group", JsonSerializer.Serialize(new { member_entity_ids = entities }));
        Assert.Equal(150, (await bed.ReadAsync("group/id/" + group)).Texts("member_entity_ids").Length);
        await bed.WriteAsync("group/id/" + group, JsonSerializer.Serialize(new { policies = "a", member_entity_ids = entities[100..] })).Ok();
        Assert.Equal(50, (await bed.ReadAsync("group/id/" + group)).Texts("member_entity_ids").Length);
        Assert.Empty((await bed.ReadAsync("entity/id/" + entities[0])).Texts("group_ids"));
        await bed.DeleteAsync("group/id/" + group).Ok();
        Assert.Empty((await bed.ReadAsync("entity/id/" + entities[149])).Texts("group_ids"));
        Assert.Empty(await Records.AllMembers.ScanAsync("", 0, default));
        Assert.Empty(await Records.Deleting.ScanAsync("", 0, default));
    }

    [Fact]
    public async Task No_group_is_in_itself()
    {
        var a = await bed.CreateAsync("group", """{"name":"a"}""");
        var b = await bed.CreateAsync("group", $$"""{"name":"b","member_group_ids":"{{a}}"}""");
        var c = await bed.CreateAsync("group", $$"""{"name":"c","member_group_ids":"{{b}}"}""");
        foreach (var member in (string[])[a, b, c])
            Assert.Equal("identity.group_cycle", (await bed.WriteAsync("group/id/" + a, $$"""{"member_group_ids":"{{member}}"}""").Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task Two_nodes_cannot_close_a_circle_together()
    {
        for (var i = 0; i < 20; i++)
        {
            var (a, b) = (await bed.CreateAsync("group", "{}"), await bed.CreateAsync("group", "{}"));
            var answers = await Task.WhenAll(
                Task.Run(() => bed.Node.WriteAsync("identity/group/id/" + a, $$"""{"member_group_ids":"{{b}}"}""")),
                Task.Run(() => bed.Other.WriteAsync("identity/group/id/" + b, $$"""{"member_group_ids":"{{a}}"}""")));
            Assert.Equal("identity.group_cycle", Assert.Single(answers, x => x.Failure is not null).Failure!.Code);
        }
    }

    [Theory]
    [InlineData("group", """{"type":"other"}""")]
    [InlineData("group", """{"type":"external","member_entity_ids":[]}""")]
    [InlineData("group", """{"type":"external","member_group_ids":[]}""")]
    [InlineData("group", """{"name":" a"}""")]
    [InlineData("group", """{"id":"none"}""")]
    [InlineData("group/id/none", "{}")]
    [InlineData("group", """{"member_entity_ids":"none"}""")]
    [InlineData("group", """{"member_group_ids":"none"}""")]
    [InlineData("group-alias", "{}")]
    [InlineData("group-alias", """{"name":"a"}""")]
    [InlineData("group-alias", """{"name":"a","mount_accessor":"none"}""")]
    [InlineData("group-alias/id/none", "{}")]
    [InlineData("lookup/group", "{}")]
    public async Task What_makes_no_sense_is_refused(string path, string body)
    {
        await bed.WriteAsync(path, body).Fails(FailureKind.Invalid);
        Assert.Empty(await StoredAsync());
    }

    [Fact]
    public async Task A_group_keeps_its_type_and_its_name_is_its_own()
    {
        var a = await bed.CreateAsync("group", """{"name":"a"}""");
        await bed.CreateAsync("group", """{"name":"b"}""");
        await bed.WriteAsync("group/id/" + a, """{"type":"external"}""").Fails(FailureKind.Invalid);
        Assert.Equal("identity.name_in_use", (await bed.WriteAsync("group/id/" + a, """{"name":"B"}""").Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task An_alias_belongs_to_one_external_group()
    {
        var (one, other) = (await bed.CreateAsync("group", """{"type":"external"}"""), await bed.CreateAsync("group", """{"type":"external"}"""));
        var inner = await bed.CreateAsync("group", """{"name":"inner"}""");
        await AliasAsync("dev", inner).Fails(FailureKind.Invalid);
        var alias = (await AliasAsync("dev", one).Ok()).Json().Text("id");
        Assert.Equal("identity.alias_exists", (await AliasAsync("ops", one).Fails(FailureKind.Invalid)).Code);
        var second = (await AliasAsync("ops", other).Ok()).Json().Text("id");
        Assert.Equal("identity.alias_in_use", (await bed.WriteAsync("group-alias/id/" + second, """{"name":"dev"}""").Fails(FailureKind.Invalid)).Code);
        var read = (await bed.AtOtherAsync(Operation.Read, "identity/group-alias/id/" + alias).Ok()).Json();
        Assert.Equal((one, "dev", bed.Accessor, "call"), (read.Text("canonical_id"), read.Text("name"), read.Text("mount_accessor"), read.Text("mount_type")));
        await bed.DeleteAsync("group-alias/id/" + second).Ok();
        await bed.WriteAsync("group-alias/id/" + alias, $$"""{"canonical_id":"{{other}}"}""").Ok();
        Assert.Equal(alias, (await bed.ReadAsync("group/id/" + other)).GetProperty("alias").Text("id"));
        Assert.Equal(JsonValueKind.Null, (await bed.ReadAsync("group/id/" + one)).GetProperty("alias").ValueKind);
        Assert.Equal([alias], (await bed.ListAsync("group-alias/id")).Texts("keys"));
        await bed.DeleteAsync("group/id/" + other).Ok();
        await bed.Node.ReadAsync("identity/group-alias/id/" + alias).Fails(FailureKind.NotFound);

        Task<Response> AliasAsync(string name, string group) =>
            bed.WriteAsync("group-alias", $$"""{"name":"{{name}}","mount_accessor":"{{bed.Accessor}}","canonical_id":"{{group}}"}""");
    }

    [Fact]
    public async Task A_group_is_found_by_id_name_and_alias()
    {
        var group = await bed.CreateAsync("group", """{"name":"devs","type":"external"}""");
        var alias = await bed.CreateAsync("group-alias", $$"""{"name":"dev","mount_accessor":"{{bed.Accessor}}","canonical_id":"{{group}}"}""");
        string[] ways =
        [
            $$"""{"id":"{{group}}"}""", """{"name":"DEVS"}""", $$"""{"alias_id":"{{alias}}"}""",
            $$"""{"alias_name":"dev","alias_mount_accessor":"{{bed.Accessor}}"}""",
        ];
        foreach (var way in ways)
            Assert.Equal(group, (await bed.WriteAsync("lookup/group", way).Ok()).Json().Text("id"));
        Assert.True((await bed.WriteAsync("lookup/group", """{"name":"nobody"}""").Ok()).Data.IsEmpty);
        var list = await bed.ListAsync("group/id");
        Assert.Equal("devs", list.GetProperty("key_info").GetProperty(group).Text("name"));
        Assert.Equal(["devs"], (await bed.ListAsync("group/name")).Texts("keys"));
    }

    [Fact]
    public async Task A_deletion_that_a_crash_cut_short_is_ended_by_the_leader()
    {
        var entity = await bed.CreateAsync("entity", "{}");
        var group = await bed.CreateAsync("group", $$"""{"name":"a","policies":["a"],"member_entity_ids":"{{entity}}"}""");
        var stored = (await Records.ReadGroupAsync(group, default))!.Value;
        await Records.Begin().Put(Records, stored.Record with { Deleting = true }, stored.Revision).Put(Records.Deleting, group, ReadOnlyMemory<byte>.Empty)
            .Delete(Records.GroupNames, "a").CommitAsync(default);
        await bed.Node.ReadAsync("identity/group/id/" + group).Fails(FailureKind.NotFound);
        await bed.WriteAsync("group/id/" + group, "{}").Fails(FailureKind.Invalid);
        Assert.Empty((await bed.ReadAsync("entity/id/" + entity)).Texts("group_ids"));
        await new IdentityTidy(bed.Node.Node.Identities.Space, TimeProvider.System).RunAsync(null, default);
        Assert.Empty(await Records.Groups.ScanAsync("", 0, default));
        Assert.Empty(await Records.AllMembers.ScanAsync("", 0, default));
        Assert.Empty((await Records.ReadEntityAsync(entity, default))!.Value.Record.Groups);
    }

    [Fact]
    public async Task The_alias_of_a_group_goes_with_the_auth_method()
    {
        var group = await bed.CreateAsync("group", """{"type":"external"}""");
        await bed.CreateAsync("group-alias", $$"""{"name":"dev","mount_accessor":"{{bed.Accessor}}","canonical_id":"{{group}}"}""");
        await bed.Node.DeleteAsync("sys/auth/call").Ok();
        await bed.AtOtherAsync(Operation.Read, "sys/auth").Ok();
        await new IdentityTidy(bed.Other.Node.Identities.Space, TimeProvider.System).RunAsync(null, default);
        var read = (await bed.AtOtherAsync(Operation.Read, "identity/group/id/" + group).Ok()).Json();
        Assert.Equal(JsonValueKind.Null, read.GetProperty("alias").ValueKind);
        Assert.Empty(await Records.GroupAliasKeys.ScanAsync("", 0, default));
    }

    private Task<IReadOnlyList<string>> StoredAsync() => bed.StoredAsync();
}
