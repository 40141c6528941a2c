using System.Net;
using System.Text.Json;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary>What a login that waits for its second proof goes through until it is completed, on two nodes of one store.</summary>
public sealed class MfaLoginTests : IAsyncLifetime
{
    private MfaBed mfa = null!;

    private IdentityBed Bed => mfa.Bed;

    public async Task InitializeAsync() => mfa = await MfaBed.CreateAsync();

    public async Task DisposeAsync() => await mfa.DisposeAsync();

    [Fact]
    public async Task Who_is_merged_into_another_entity_must_prove_no_less_than_before()
    {
        await Bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        await mfa.EnforceAsync("bob", $$"""{"mfa_method_ids":"{{mfa.Method}}","identity_entity_ids":"{{mfa.Entity}}"}""");
        var waiting = (await mfa.SuspendedAsync()).Id;
        var other = await Bed.CreateAsync("entity", "{}");
        await MergeAsync(other, mfa.Entity);
        var (id, answer) = await mfa.SuspendedAsync();
        Assert.Equal(other, answer.EntityId);
        // Bob's app has come with Bob, also for the login that waited meanwhile.
        await mfa.ProveAsync(waiting, mfa.Code(), Bed.Other).Ok();
        Assert.Equal(other, (await mfa.ProveAsync(id, mfa.Code(1), Bed.Other).Ok()).Auth!.EntityId);
        Assert.Equal("mfa.no_request", (await mfa.ProveAsync(waiting, mfa.Code(1)).Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task Apps_go_to_the_entity_that_theirs_is_merged_into_where_it_has_none_and_nothing_stays()
    {
        var second = await mfa.MethodAsync("second");
        var other = await Bed.CreateAsync("entity", "{}");
        var kept = MfaBed.SecretOf(await mfa.EnrolAsync(mfa.Method, other));
        var moved = MfaBed.SecretOf(await mfa.EnrolAsync(second, mfa.Entity));
        await mfa.ProveAsync((await mfa.SuspendedAsync()).Id, mfa.Code()).Ok();
        await MergeAsync(other, mfa.Entity);
        await mfa.EnforceAsync("second", $$"""{"mfa_method_ids":"{{second}}","auth_method_types":"call"}""");
        var id = (await mfa.SuspendedAsync()).Id;
        await mfa.ProveAsync(id, null, (mfa.Method, mfa.Code(1)), (second, mfa.Code(0, moved))).Fails(FailureKind.Denied);
        await mfa.ProveAsync(id, null, (mfa.Method, mfa.Code(0, kept)), (second, mfa.Code(1, moved))).Ok();
        await Bed.DeleteAsync("entity/id/" + other).Ok();
        Assert.Empty(await Bed.Node.Node.Identities.Mfa.Records.Secrets.ScanAsync("", 0, default));
    }

    [Fact]
    public async Task A_login_is_completed_once()
    {
        var id = (await mfa.SuspendedAsync()).Id;
        await mfa.ProveAsync(id, "000").Fails(FailureKind.Denied);
        await mfa.ProveAsync(id, mfa.Code()).Ok();
        foreach (var node in (TestNode[])[Bed.Node, Bed.Other])
            Assert.Equal("mfa.no_request", (await mfa.ProveAsync(id, mfa.Code(1), node).Fails(FailureKind.Invalid)).Code);
        // The code was not used up by that.
        await mfa.ProveAsync((await mfa.SuspendedAsync()).Id, mfa.Code(1)).Ok();
    }

    [Fact]
    public async Task A_login_that_needs_no_second_proof_any_more_is_not_completed_without_one()
    {
        var id = (await mfa.SuspendedAsync()).Id;
        await Bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        Assert.Equal("mfa.no_request", (await mfa.ProveAsync(id, "x").Fails(FailureKind.Invalid)).Code);
        Assert.Null((await Bed.LoginAsync("bob")).MfaRequirement);
    }

    [Theory]
    [InlineData("====")]
    [InlineData("AAA=")]
    [InlineData("AA AA")]
    [InlineData("AAAA\n")]
    [InlineData("=AAAAAAAAAAA")]
    [InlineData("AAAAé")]
    [InlineData("A")]
    public async Task An_id_with_padding_or_spaces_is_refused_and_breaks_nothing(string id)
    {
        await mfa.ProveAsync(id, mfa.Code()).Fails(FailureKind.Invalid);
        var real = (await mfa.SuspendedAsync()).Id;
        await mfa.ProveAsync(real + id, mfa.Code()).Fails(FailureKind.Invalid);
        await mfa.ProveAsync(id + real, mfa.Code()).Fails(FailureKind.Invalid);
        await mfa.ProveAsync(real.Insert(real.Length / 2, id), mfa.Code()).Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task Generated_ids_are_refused()
    {
        var real = (await mfa.SuspendedAsync()).Id;
        for (var seed = 0; seed < 200; seed++)
        {
            // The last letter has bits that a lenient decoder leaves out.
            var at = seed * 7919 % real.Length;
            var changed = real[..at] + (real[at] == 'A' ? 'B' : 'A') + real[(at + 1)..];
            await mfa.ProveAsync(changed, "x").Fails(FailureKind.Invalid);
            await mfa.ProveAsync(real[..at], "x").Fails(FailureKind.Invalid);
        }
    }

    [Fact]
    public async Task Two_enforcements_are_satisfied_each_by_its_own_method()
    {
        var second = await mfa.MethodAsync("second");
        var secret = MfaBed.SecretOf(await mfa.EnrolAsync(second, mfa.Entity));
        await mfa.EnforceAsync("more", $$"""{"mfa_method_ids":"{{second}}","auth_method_types":"call"}""");
        var (id, answer) = await mfa.SuspendedAsync();
        Assert.Equal(["all", "more"], answer.MfaRequirement!.Constraints.Select(c => c.Name).Order());
        await mfa.ProveAsync(id, mfa.Code(-1)).Fails(FailureKind.Denied);
        await mfa.ProveAsync(id, null, (mfa.Method, mfa.Code()), (second, "000000")).Fails(FailureKind.Denied);
        await mfa.ProveAsync(id, null, ("app", mfa.Code(1)), ("second", mfa.Code(0, secret))).Ok();
    }

    [Fact]
    public async Task Of_the_methods_of_one_enforcement_any_good_code_is_enough()
    {
        var second = await mfa.MethodAsync("second");
        var secret = MfaBed.SecretOf(await mfa.EnrolAsync(second, mfa.Entity));
        await mfa.EnforceAsync("all", $$"""{"mfa_method_ids":"{{mfa.Method}},{{second}}"}""");
        await mfa.ProveAsync((await mfa.SuspendedAsync()).Id, null, (mfa.Method, "000"), (second, mfa.Code(0, secret))).Ok();
        Assert.Null((await mfa.WithHeaderAsync($"app:000,second:{mfa.Code(1, secret)}").Ok()).Auth!.MfaRequirement);
    }

    [Fact]
    public async Task A_code_may_say_that_it_is_one()
    {
        await mfa.ProveAsync((await mfa.SuspendedAsync()).Id, "passcode=" + mfa.Code()).Ok();
        Assert.Null((await mfa.WithHeaderAsync($"{mfa.Method}:passcode={mfa.Code(1)}").Ok()).Auth!.MfaRequirement);
    }

    [Fact]
    public async Task A_method_that_was_moved_completes_its_logins_and_one_that_is_gone_does_not()
    {
        var (moved, gone) = ((await mfa.SuspendedAsync()).Id, (await mfa.SuspendedAsync()).Id);
        await Bed.Node.WriteAsync("sys/remount", """{"from":"auth/call/","to":"auth/moved/"}""").Ok();
        await Eventually(async () => (await Bed.Node.ReadAsync("sys/auth").Ok()).Json().TryGetProperty("moved/", out _));
        await mfa.ProveAsync(moved, mfa.Code()).Ok();
        await Bed.Node.DeleteAsync("sys/auth/moved").Ok();
        await mfa.ProveAsync(gone, mfa.Code(1)).Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_batch_token_waits_as_others_do()
    {
        var id = (await mfa.SuspendedAsync(more: """ "batch":true """)).Id;
        var token = (await mfa.ProveAsync(id, mfa.Code(), Bed.Other).Ok()).Auth!;
        Assert.Equal((Core.Tokens.TokenType.Batch, mfa.Entity), (token.Type, token.EntityId));
    }

    [Fact]
    public async Task A_login_is_completed_only_from_where_it_may_come()
    {
        var id = (await mfa.SuspendedAsync(more: """ "cidrs":["127.0.0.0/8"] """)).Id;
        var body = $$"""{"mfa_request_id":"{{id}}","mfa_payload":{"app":["{{mfa.Code()}}"]} }""";
        await Bed.Node.AskAsync(Operation.Update, "sys/mfa/validate", body, MfaBed.Nobody, client: IPAddress.Parse("10.0.0.1")).Fails(FailureKind.Denied);
        await Bed.Node.AskAsync(Operation.Update, "sys/mfa/validate", body, MfaBed.Nobody).Ok();
    }

    [Fact]
    public async Task A_login_that_no_id_can_hold_is_told_so_at_once()
    {
        var policies = string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"{new string('p', 200)}{i}\""));
        var large = $$"""{"name":"bob","policies":[{{policies}}]}""";
        Assert.Equal("mfa.login_too_large", (await Bed.TryLoginAsync(large).Fails(FailureKind.TooLarge)).Code);
    }

    private Task<Response> MergeAsync(string to, string from) =>
        Bed.WriteAsync("entity/merge", JsonSerializer.Serialize(new { to_entity_id = to, from_entity_ids = (string[])[from] })).Ok();

    private static async Task Eventually(Func<Task<bool>> holds)
    {
        while (!await holds())
            await Task.Delay(5);
    }
}
