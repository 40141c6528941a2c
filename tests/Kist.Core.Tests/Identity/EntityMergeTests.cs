using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;

namespace Kist.Core.Tests.Identity;

/// <summary><c>identity/entity/merge</c>.</summary>
public sealed class EntityMergeTests : IAsyncLifetime
{
    private IdentityBed bed = null!;

    public async Task InitializeAsync()
    {
        bed = await IdentityBed.CreateAsync();
        await bed.EnableAsync("two");
        await bed.PolicyAsync("mine", "notes/mine");
        await bed.PolicyAsync("direct", "notes/direct");
    }

    public async Task DisposeAsync() => await bed.DisposeAsync();

    [Fact]
    public async Task Aliases_groups_and_tokens_of_one_become_those_of_the_other()
    {
        var (to, from) = (await bed.LoginAsync("bob"), await bed.LoginAtAsync("two", "robert"));
        await bed.WriteAsync("entity/id/" + to.EntityId, """{"policies":["mine"]}""").Ok();
        await bed.WriteAsync("entity/id/" + from.EntityId, """{"policies":["direct"]}""").Ok();
        var group = await bed.CreateAsync("group", $$"""{"policies":["direct"],"member_entity_ids":["{{from.EntityId}}"]}""");
        await MergeAsync(to, from).Ok();
        var entity = await bed.EntityOfAsync(to);
        Assert.Equal(2, entity.GetProperty("aliases").GetArrayLength());
        Assert.Equal(from.EntityId, Assert.Single(entity.Texts("merged_entity_ids")));
        Assert.Equal(["mine"], entity.Texts("policies"));
        Assert.Equal(group, Assert.Single(entity.Texts("direct_group_ids")));
        Assert.Equal(to.EntityId, Assert.Single((await bed.ReadAsync("group/id/" + group)).Texts("member_entity_ids")));
        Assert.Equal(("read", "read"), (await bed.MayAsync(from, "notes/mine"), await bed.MayAsync(from, "notes/direct")));
        Assert.Equal(to.EntityId, (await bed.LoginAtAsync("two", "robert", at: bed.Other)).EntityId);
        await bed.Node.ReadAsync("identity/entity/id/" + from.EntityId).Fails(FailureKind.NotFound);
        Assert.Equal(to.EntityId, Assert.Single((await bed.ListAsync("entity/id")).Texts("keys")));
        Assert.Single((await bed.ListAsync("entity/name")).Texts("keys"));

        await bed.WriteAsync("entity/id/" + to.EntityId, """{"disabled":true}""").Ok();
        Assert.Equal("Unauthenticated", await bed.MayAsync(from, "notes/mine"));
        await bed.DeleteAsync("entity/id/" + to.EntityId).Ok();
        Assert.Equal("Unauthenticated", await bed.MayAsync(from, "notes/mine"));
        Assert.Empty(await bed.Node.Node.Identities.Space.All[0].Entities.ScanAsync("", 0, default));
    }

    [Fact]
    public async Task What_was_merged_into_may_be_merged_itself()
    {
        var first = await bed.LoginAsync("a");
        var second = await bed.LoginAtAsync("two", "b");
        var third = await bed.CreateAsync("entity", """{"policies":["mine"]}""");
        await MergeAsync(second, first).Ok();
        await bed.WriteAsync("entity/merge", $$"""{"to_entity_id":"{{third}}","from_entity_ids":"{{second.EntityId}}"}""").Ok();
        Assert.Equal("read", await bed.MayAsync(first, "notes/mine"));
        Assert.Equal(2, (await bed.ReadAsync("entity/id/" + third)).Texts("merged_entity_ids").Length);
    }

    [Fact]
    public async Task Of_two_aliases_of_one_mount_the_request_says_which_stays()
    {
        foreach (var keepsFrom in (bool[])[true, false])
        {
            var (to, from) = (await bed.LoginAsync($"to-{keepsFrom}"), await bed.LoginAsync($"from-{keepsFrom}"));
            var clash = await MergeAsync(to, from).Fails(FailureKind.Invalid);
            Assert.Contains(bed.Accessor, clash.Message);
            var alias = (await bed.EntityOfAsync(keepsFrom ? from : to)).GetProperty("aliases")[0].Text("id");
            await MergeAsync(to, from, alias).Ok();
            Assert.Equal(alias, (await bed.EntityOfAsync(to)).GetProperty("aliases").EnumerateArray().Single().Text("id"));
            Assert.Equal(keepsFrom, (await bed.LoginAsync($"from-{keepsFrom}")).EntityId == to.EntityId);
            Assert.Equal(!keepsFrom, (await bed.LoginAsync($"to-{keepsFrom}")).EntityId == to.EntityId);
        }
    }

    [Fact]
    public async Task Conflicts_are_found_before_anything_is_merged()
    {
        var to = await bed.CreateAsync("entity", "{}");
        var (a, b) = (await bed.LoginAsync("a"), await bed.LoginAsync("b"));
        await bed.WriteAsync("entity/merge", $$"""{"to_entity_id":"{{to}}","from_entity_ids":["{{a.EntityId}}","{{b.EntityId}}"]}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync("entity/merge", $$"""{"to_entity_id":"{{to}}","from_entity_ids":["{{a.EntityId}}","none"]}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync("entity/merge", $$"""{"to_entity_id":"{{to}}","from_entity_ids":["{{to}}"]}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync("entity/merge", $$"""{"to_entity_id":"none","from_entity_ids":["{{to}}"]}""").Fails(FailureKind.Invalid);
        await bed.WriteAsync(
            "entity/merge",
            $$"""{"to_entity_id":"{{to}}","from_entity_ids":["{{a.EntityId}}","{{b.EntityId}}"],"conflicting_alias_ids_to_keep":["x"]}""").Fails(FailureKind.Invalid);
        Assert.Equal(3, (await bed.ListAsync("entity/id")).Texts("keys").Length);
    }

    [Fact]
    public async Task Memberships_beyond_what_a_commit_takes_are_moved_before()
    {
        var (to, from) = (await bed.LoginAsync("to"), await bed.LoginAtAsync("two", "from"));
        for (var i = 0; i < 45; i++)
            await bed.CreateAsync("group", $$"""{"name":"g{{i}}","member_entity_ids":["{{from.EntityId}}"]}""");
        await MergeAsync(to, from).Ok();
        Assert.Equal(45, (await bed.EntityOfAsync(to)).Texts("direct_group_ids").Length);
        Assert.Equal(to.EntityId, Assert.Single((await bed.ReadAsync("group/name/g0")).Texts("member_entity_ids")));
    }

    private Task<Response> MergeAsync(IssuedToken to, IssuedToken from, string? keep = null) => bed.WriteAsync(
        "entity/merge",
        $$"""{"to_entity_id":"{{to.EntityId}}","from_entity_ids":["{{from.EntityId}}"],"conflicting_alias_ids_to_keep":[{{(keep is null ? "" : $"\"{keep}\"")}}]}""");
}
