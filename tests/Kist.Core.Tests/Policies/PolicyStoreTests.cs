using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Policies;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Policies;

public sealed class PolicyStoreTests
{
    private const string ReadA = "path \"a\" { capabilities = [\"read\"] }";

    private readonly BarrierBuilder builder = new();

    [Fact]
    public async Task Written_policy_is_read_back_as_it_was_written()
    {
        var (policies, _) = await MakeAsync();
        const string Text = "# mine\n" + ReadA + "\n";
        var change = (await policies.PutAsync(NamespaceId.Root, "App", Text, default)).Value;
        Assert.True(change.Revision > 0);
        Assert.Empty(change.Warnings);
        Assert.Equal(new PolicyText("app", Text), (await policies.GetAsync(NamespaceId.Root, " APP ", default)).Value);
        Assert.Equal(["app", "default", "root"], await policies.ListAsync(NamespaceId.Root, default));
    }

    [Fact]
    public async Task Names_with_slashes_are_names()
    {
        var (policies, _) = await MakeAsync();
        Assert.True((await policies.PutAsync(NamespaceId.Root, "team/app", ReadA, default)).Succeeded);
        Assert.Equal(["default", "root", "team/app"], await policies.ListAsync(NamespaceId.Root, default));
        Assert.True((await policies.AclForAsync(NamespaceId.Root, ["team/app"], default)).Allows("a"));
        Assert.True((await policies.DeleteAsync(NamespaceId.Root, "team/app", default)).Succeeded);
        Assert.Equal(["default", "root"], await policies.ListAsync(NamespaceId.Root, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a,b")]
    [InlineData("a/")]
    [InlineData("/a")]
    [InlineData("a//b")]
    [InlineData("../a")]
    [InlineData("a/./b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    public async Task Odd_name_is_refused_and_names_nothing(string name)
    {
        var (policies, _) = await MakeAsync();
        Assert.Equal("policy.invalid_name", (await policies.PutAsync(NamespaceId.Root, name, ReadA, default)).Failure!.Code);
        Assert.Equal("policy.invalid_name", (await policies.DeleteAsync(NamespaceId.Root, name, default)).Failure!.Code);
        Assert.Equal(FailureKind.NotFound, (await policies.GetAsync(NamespaceId.Root, name, default)).Failure!.Kind);
        var acl = await policies.AclForAsync(NamespaceId.Root, [name], default);
        Assert.Equal(AclReason.NoRule, acl.Ask("a"));
        Assert.Same(acl, await policies.AclForAsync(NamespaceId.Root, [name], default));
    }

    [Fact]
    public async Task Longest_name_is_taken_and_one_more_character_is_not()
    {
        var (policies, _) = await MakeAsync();
        Assert.True((await policies.PutAsync(NamespaceId.Root, new string('a', 256), ReadA, default)).Succeeded);
        Assert.Equal("policy.invalid_name", (await policies.PutAsync(NamespaceId.Root, new string('a', 257), ReadA, default)).Failure!.Code);
    }

    [Fact]
    public async Task Faulty_policy_changes_nothing()
    {
        var (policies, _) = await MakeAsync();
        await policies.PutAsync(NamespaceId.Root, "app", ReadA, default);
        var failure = (await policies.PutAsync(NamespaceId.Root, "app", "path \"a\" { capabilities = [\"raed\"] }", default)).Failure!;
        Assert.Equal("policy \"app\": line 1: unknown capability \"raed\" (did you mean \"read\"?)", failure.Message);
        Assert.Equal(ReadA, (await policies.GetAsync(NamespaceId.Root, "app", default)).Value.Text);
    }

    [Fact]
    public async Task Too_long_policy_is_refused()
    {
        var (policies, _) = await MakeAsync();
        var failure = (await policies.PutAsync(NamespaceId.Root, "app", "#" + new string('x', 512 * 1024), default)).Failure!;
        Assert.Equal((FailureKind.TooLarge, "policy.too_large"), (failure.Kind, failure.Code));
    }

    // Each character once took six bytes in the store, where an entry has one mebibyte.
    [Theory]
    [InlineData('ж', 520_000, true)]
    [InlineData('"', 520_000, true)]
    [InlineData('字', 340_000, true)]
    [InlineData('字', 400_000, false)]
    [InlineData('\u0001', 200_000, false)]
    public async Task Policy_is_stored_as_long_as_its_bytes_have_room(char letter, int count, bool stored)
    {
        var (policies, _) = await MakeAsync();
        var text = ReadA + "\n#" + new string(letter, count);
        var outcome = await policies.PutAsync(NamespaceId.Root, "app", text, default);
        if (stored)
            Assert.Equal(text, (await policies.GetAsync(NamespaceId.Root, "app", default)).Value.Text);
        else
            Assert.Equal((FailureKind.TooLarge, "policy.too_large"), (outcome.Failure?.Kind, outcome.Failure?.Code));
    }

    [Fact]
    public async Task Warnings_come_with_the_answer()
    {
        var (policies, _) = await MakeAsync();
        var change = (await policies.PutAsync(NamespaceId.Root, "app", "path \"{{identity.entity.nam}}/*\" { policy = \"read\" }", default)).Value;
        Assert.Contains("matches nothing", Assert.Single(change.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_allows_everything_and_cannot_be_changed()
    {
        var (policies, _) = await MakeAsync();
        Assert.Equal("policy.root_is_fixed", (await policies.PutAsync(NamespaceId.Root, "Root", ReadA, default)).Failure!.Code);
        Assert.Equal("policy.not_deletable", (await policies.DeleteAsync(NamespaceId.Root, "root", default)).Failure!.Code);
        Assert.Equal(new PolicyText("root", ""), (await policies.GetAsync(NamespaceId.Root, "root", default)).Value);
        Assert.Same(Acl.Root, await policies.AclForAsync(NamespaceId.Root, ["app", "root"], default));
    }

    [Fact]
    public async Task Default_is_there_and_can_be_edited_but_not_deleted()
    {
        var (policies, _) = await MakeAsync();
        var acl = await policies.AclForAsync(NamespaceId.Root, ["default"], default);
        Assert.Equal("read", acl.At("auth/token/lookup-self"));
        Assert.Equal("update", acl.At("auth/token/renew-self"));
        Assert.Equal("update", acl.At("auth/token/revoke-self"));
        Assert.Equal("update", acl.At("sys/capabilities-self"));
        Assert.Equal("create delete list read update", acl.At("cubbyhole/a"));
        string[] actions = ["sys/wrapping/wrap", "sys/wrapping/lookup", "sys/wrapping/unwrap", "sys/tools/hash/sha2-256", "sys/leases/renew"];
        Assert.All(actions, path => Assert.Equal("update", acl.At(path)));
        Assert.Equal("deny", acl.At("secret/a"));
        Assert.Equal("policy.not_deletable", (await policies.DeleteAsync(NamespaceId.Root, "default", default)).Failure!.Code);
        Assert.True((await policies.PutAsync(NamespaceId.Root, "default", ReadA, default)).Succeeded);
        Assert.Equal("deny", (await policies.AclForAsync(NamespaceId.Root, ["default"], default)).At("cubbyhole/a"));
    }

    [Fact]
    public async Task Deleting_what_is_not_there_is_no_error()
    {
        var (policies, _) = await MakeAsync();
        Assert.True((await policies.DeleteAsync(NamespaceId.Root, "app", default)).Succeeded);
        Assert.Equal("policy.not_found", (await policies.GetAsync(NamespaceId.Root, "app", default)).Failure!.Code);
    }

    [Fact]
    public async Task Acl_is_the_same_object_until_a_policy_changes()
    {
        var (policies, _) = await MakeAsync();
        await policies.PutAsync(NamespaceId.Root, "app", ReadA, default);
        var first = await policies.AclForAsync(NamespaceId.Root, ["app", "default"], default);
        Assert.Same(first, await policies.AclForAsync(NamespaceId.Root, new List<string> { "app", "default" }, default));
        Assert.NotSame(first, await policies.AclForAsync(NamespaceId.Root, ["default"], default));
        await policies.PutAsync(NamespaceId.Root, "other", ReadA, default);
        Assert.Same(first, await policies.AclForAsync(NamespaceId.Root, ["app", "default"], default));
        await policies.PutAsync(NamespaceId.Root, "app", ReadA, default);
        Assert.NotSame(first, await policies.AclForAsync(NamespaceId.Root, ["app", "default"], default));
    }

    [Fact]
    public async Task Change_on_one_node_counts_at_the_next_request_on_every_node()
    {
        var (one, two) = (await MakeAsync(), await MakeAsync());
        static async Task<string> AtA(PolicyStore node) => (await node.AclForAsync(NamespaceId.Root, ["app", "none"], default)).At("a");
        Assert.Equal("deny", await AtA(two.Policies));
        await one.Policies.PutAsync(NamespaceId.Root, "app", ReadA, default);
        Assert.Equal(("read", "read"), (await AtA(one.Policies), await AtA(two.Policies)));
        await two.Policies.PutAsync(NamespaceId.Root, "app", "path \"a\" { capabilities = [\"update\"] }", default);
        Assert.Equal(("update", "update"), (await AtA(one.Policies), await AtA(two.Policies)));
        await two.Policies.PutAsync(NamespaceId.Root, "none", "path \"a\" { capabilities = [\"deny\"] }", default);
        Assert.Equal(("deny", "deny"), (await AtA(one.Policies), await AtA(two.Policies)));
        await one.Policies.DeleteAsync(NamespaceId.Root, "none", default);
        await one.Policies.DeleteAsync(NamespaceId.Root, "app", default);
        Assert.Equal(("deny", "deny"), (await AtA(one.Policies), await AtA(two.Policies)));
        Assert.Equal(["default", "root"], await two.Policies.ListAsync(NamespaceId.Root, default));
    }

    [Fact]
    public async Task Acl_known_by_its_revisions_costs_one_read_a_policy()
    {
        CountingStore? counting = null;
        var node = await builder.NodeAsync(store => counting = new CountingStore(store));
        var policies = new PolicyStore(node.Barrier);
        await policies.PutAsync(NamespaceId.Root, "a", ReadA, default);
        await policies.PutAsync(NamespaceId.Root, "b", ReadA, default);
        await policies.AclForAsync(NamespaceId.Root, ["a", "b"], default);
        var before = counting!.Gets;
        var answer = policies.AclForAsync(NamespaceId.Root, ["a", "b"], default);
        Assert.True(answer.IsCompleted);
        await answer;
        Assert.Equal(2, counting.Gets - before);
    }

    [Fact]
    public async Task Nothing_is_answered_while_sealed()
    {
        var (policies, node) = await MakeAsync();
        await policies.AclForAsync(NamespaceId.Root, ["default"], default);
        node.Barrier.Seal();
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await policies.AclForAsync(NamespaceId.Root, ["default"], default));
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await policies.ListAsync(NamespaceId.Root, default));
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await policies.PutAsync(NamespaceId.Root, "app", ReadA, default));
    }

    [Fact]
    public async Task Stored_policy_that_cannot_be_read_answers_nothing()
    {
        // Leaving its rules out could lift a denial.
        var (policies, node) = await MakeAsync();
        var view = node.View.Folder("policy/");
        var broken = new StoredPolicy { Text = "path \"a\" { policy = \"read\" conditions { days = [\"mon\"] time_zone = \"Moon/Tycho\" } }" };
        Assert.True((await view.Begin().Put(view, "app", broken, PolicyJson.Stored).CommitAsync(default)).Succeeded);
        var error = await Assert.ThrowsAsync<InvalidDataException>(
            async () => await policies.AclForAsync(NamespaceId.Root, ["app", "default"], default));
        Assert.Contains("policy \"app\": line 1: unknown time zone", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stored_form_stays_readable()
    {
        const string Golden = "{\"schema\":1,\"text\":\"path \\\"ä\\\" { }\"}";
        const string Former = "{\"schema\":1,\"text\":\"path \\u0022\\u00e4\\u0022 { }\"}";
        var record = new StoredPolicy { Text = "path \"ä\" { }" };
        Assert.Equal(Golden, JsonSerializer.Serialize(record, PolicyJson.Stored));
        Assert.Equal(record, JsonSerializer.Deserialize(Golden, PolicyJson.Stored));
        Assert.Equal(record, JsonSerializer.Deserialize(Former, PolicyJson.Stored));
    }

    private async Task<(PolicyStore Policies, BarrierNode BarrierNode)> MakeAsync()
    {
        var node = await builder.NodeAsync();
        var policies = new PolicyStore(node.Barrier);
        if (!(await policies.GetAsync(NamespaceId.Root, "default", default)).Succeeded)
        {
            var creation = node.View.Begin();
            policies.AddDefault(NamespaceId.Root, creation);
            Assert.True((await creation.CommitAsync(default)).Succeeded);
        }
        return (policies, node);
    }
}
