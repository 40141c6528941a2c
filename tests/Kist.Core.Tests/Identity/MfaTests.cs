using System.Text;
using Kist.Core.Identity.Mfa;
using Kist.Core.Tests.Nodes;

namespace Kist.Core.Tests.Identity;

/// <summary>Second proofs of logins by TOTP, on two nodes of one store.</summary>
public sealed class MfaTests : IAsyncLifetime
{
    private MfaBed mfa = null!;

    private IdentityBed Bed => mfa.Bed;

    public async Task InitializeAsync() => mfa = await MfaBed.CreateAsync();

    public async Task DisposeAsync() => await mfa.DisposeAsync();

    [Theory]
    [InlineData(59L, "SHA1", "94287082")]
    [InlineData(59L, "SHA256", "46119246")]
    [InlineData(59L, "SHA512", "90693936")]
    [InlineData(1111111109L, "SHA1", "07081804")]
    [InlineData(1111111109L, "SHA256", "68084774")]
    [InlineData(1111111109L, "SHA512", "25091201")]
    [InlineData(20000000000L, "SHA1", "65353130")]
    [InlineData(20000000000L, "SHA256", "77737706")]
    [InlineData(20000000000L, "SHA512", "47863826")]
    public void Codes_are_those_of_RFC_6238(long seconds, string algorithm, string code)
    {
        var length = algorithm switch { "SHA1" => 20, "SHA256" => 32, _ => 64 };
        var key = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("1234567890", 7))[..length]);
        Assert.Equal(code, Totp.Code(key, Totp.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds), 30), algorithm, 8));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void Secrets_are_written_as_RFC_4648_has_it(string text, string base32) => Assert.Equal(base32, Totp.Base32(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public async Task A_login_that_must_prove_more_gets_no_token_until_it_has()
    {
        var (id, answer) = await mfa.SuspendedAsync();
        Assert.Equal("", answer.ClientToken.Reveal());
        var constraint = Assert.Single(answer.MfaRequirement!.Constraints);
        Assert.Equal(("all", mfa.Method, "app"), (constraint.Name, constraint.Any[0].Id, constraint.Any[0].Name));
        var token = (await mfa.ProveAsync(id, mfa.Code(), Bed.Other).Ok()).Auth!;
        Assert.Equal((mfa.Entity, null), (token.EntityId, token.MfaRequirement));
        var shown = (await Bed.Node.ReadAsync("auth/token/lookup-self", token.ClientToken).Ok()).Json();
        Assert.Equal("auth/call/login", shown.Text("path"));
        await Bed.Node.WriteAsync("auth/token/renew-self", "", token.ClientToken).Ok();
    }

    [Fact]
    public async Task A_code_is_good_for_one_login_on_all_nodes()
    {
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
            ids.Add((await mfa.SuspendedAsync()).Id);
        var code = mfa.Code();
        var answers = await Task.WhenAll(ids.Select((id, i) => Task.Run(() => mfa.ProveAsync(id, code, i % 2 == 0 ? Bed.Node : Bed.Other))));
        Assert.Single(answers, a => a.Failure is null);
        Assert.All(answers.Where(a => a.Failure is not null), a => Assert.Equal("mfa.failed", a.Failure!.Code));
    }

    [Fact]
    public async Task An_earlier_code_is_not_good_after_a_later_one()
    {
        await mfa.ProveAsync((await mfa.SuspendedAsync()).Id, mfa.Code(1)).Ok();
        await mfa.ProveAsync((await mfa.SuspendedAsync()).Id, mfa.Code()).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task After_some_wrong_codes_none_is_looked_at_for_a_time()
    {
        var id = (await mfa.SuspendedAsync()).Id;
        for (var i = 0; i < 5; i++)
            await mfa.ProveAsync(id, "x", i % 2 == 0 ? Bed.Node : Bed.Other).Fails(FailureKind.Denied);
        Assert.Equal("mfa.failed", (await mfa.ProveAsync(id, mfa.Code()).Fails(FailureKind.Denied)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("%%%")]
    public async Task A_request_that_is_none_is_refused(string id) => await mfa.ProveAsync(id, mfa.Code()).Fails(FailureKind.Invalid);

    [Fact]
    public async Task Codes_for_another_method_or_in_another_form_are_refused()
    {
        var id = (await mfa.SuspendedAsync()).Id;
        string[] payloads = ["{}", "null", "[]", $$"""{"other":["{{mfa.Code()}}"]}""", $$"""{"{{mfa.Method}}":[]}""", $$"""{"{{mfa.Method}}":{"a":1} }"""];
        foreach (var payload in payloads)
        {
            var failure = (await Bed.Node.WriteAsync("sys/mfa/validate", $$"""{"mfa_request_id":"{{id}}","mfa_payload":{{payload}} }""", MfaBed.Nobody)).Failure;
            Assert.True(failure is { Kind: FailureKind.Invalid or FailureKind.Denied }, payload);
        }
        await mfa.ProveAsync(id, mfa.Code(), name: "app").Ok();
    }

    [Fact]
    public async Task A_disabled_entity_proves_nothing()
    {
        var id = (await mfa.SuspendedAsync()).Id;
        await Bed.WriteAsync("entity/id/" + mfa.Entity, """{"disabled":true}""").Ok();
        await mfa.ProveAsync(id, mfa.Code()).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Nobody_without_an_app_or_without_a_name_gets_in()
    {
        var answer = await Bed.TryLoginAsync("""{"name":"eve"}""").Ok();
        await mfa.ProveAsync(answer.Auth!.MfaRequirement!.RequestId.Reveal(), mfa.Code()).Fails(FailureKind.Denied);
        await Bed.TryLoginAsync("{}").Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task The_code_may_come_with_the_login()
    {
        Assert.Null((await mfa.WithHeaderAsync($"{mfa.Method}:{mfa.Code()}").Ok()).Auth!.MfaRequirement);
        await mfa.WithHeaderAsync("app:x").Fails(FailureKind.Denied);
        await mfa.WithHeaderAsync("app").Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task A_login_that_waits_is_not_wrapped_and_its_completion_may_be()
    {
        var waiting = await Bed.Node.WriteAsync("auth/call/login", """{"name":"bob"}""", MfaBed.Nobody, TimeSpan.FromMinutes(1)).Ok();
        Assert.Null(waiting.Wrap);
        var body = $$"""{"mfa_request_id":"{{waiting.Auth!.MfaRequirement!.RequestId.Reveal()}}","mfa_payload":{"{{mfa.Method}}":["{{mfa.Code()}}"]} }""";
        var wrapped = await Bed.Node.WriteAsync("sys/mfa/validate", body, MfaBed.Nobody, TimeSpan.FromMinutes(1)).Ok();
        Assert.NotNull((await Bed.Other.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok()).Auth);
    }

    [Fact]
    public async Task An_enforcement_applies_to_whom_it_names_and_to_nobody_else()
    {
        await Bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        Assert.Null((await Bed.LoginAsync("bob")).MfaRequirement);
        var group = await Bed.CreateAsync("group", $$"""{"member_entity_ids":"{{mfa.Entity}}"}""");
        var above = await Bed.CreateAsync("group", $$"""{"member_group_ids":"{{group}}"}""");
        string[] conditions =
        [
            $$"""{"identity_entity_ids":"{{mfa.Entity}}"}""", $$"""{"identity_group_ids":"{{above}}"}""", """{"auth_method_types":"call"}""",
        ];
        foreach (var condition in conditions)
        {
            await Bed.WriteAsync("mfa/login-enforcement/some", condition.Insert(1, $"\"mfa_method_ids\":\"{mfa.Method}\",")).Ok();
            Assert.NotNull((await Bed.LoginAsync("bob")).MfaRequirement);
            Assert.Equal(condition.Contains("types", StringComparison.Ordinal), (await Bed.LoginAsync("eve")).MfaRequirement is not null);
            await Bed.DeleteAsync("mfa/login-enforcement/some").Ok();
        }
    }

    [Fact]
    public async Task One_makes_a_secret_for_oneself_once()
    {
        await Bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        await Bed.Node.WriteAsync("sys/policies/acl/self", """{"policy":"path \"identity/mfa/method/totp/generate\" { capabilities = [\"update\"] }"}""").Ok();
        var eve = await Bed.LoginAsync("eve", """ "policies":["self"] """);
        var body = $$"""{"method_id":"{{mfa.Method}}"}""";
        Assert.NotEmpty((await Bed.Node.WriteAsync("identity/mfa/method/totp/generate", body, eve.ClientToken).Ok()).Json().Text("url"));
        var again = await Bed.Node.WriteAsync("identity/mfa/method/totp/generate", body, eve.ClientToken).Ok();
        Assert.True(again.Data.IsEmpty && again.Warnings.Count == 1);
        await Bed.WriteAsync("mfa/method/totp/admin-destroy", $$"""{"method_id":"{{mfa.Method}}","entity_id":"{{eve.EntityId}}"}""").Ok();
        await Bed.Node.WriteAsync("identity/mfa/method/totp/generate", body, eve.ClientToken).Ok();
        await Bed.WriteAsync("mfa/method/totp/generate", body).Fails(FailureKind.Invalid);
        await Bed.DeleteAsync("entity/id/" + eve.EntityId).Ok();
        Assert.Single(await Bed.Node.Node.Identities.Mfa.Records.Secrets.ScanAsync("", 0, default));
    }

    [Fact]
    public async Task Methods_and_enforcements_are_read_listed_changed_and_deleted()
    {
        Assert.Equal([mfa.Method], (await Bed.ListAsync("mfa/method/totp")).Texts("keys"));
        Assert.Equal(["all"], (await Bed.ListAsync("mfa/login-enforcement")).Texts("keys"));
        await Bed.WriteAsync("mfa/method/totp/" + mfa.Method, """{"digits":8}""").Ok();
        var read = await Bed.ReadAsync("mfa/method/totp/" + mfa.Method);
        Assert.Equal(("totp", "Kist"), (read.Text("type"), read.Text("issuer")));
        Assert.Equal((8, 30), (read.GetProperty("digits").GetInt32(), read.GetProperty("period").GetInt32()));
        Assert.Equal([mfa.Method], (await Bed.ReadAsync("mfa/login-enforcement/all")).Texts("mfa_method_ids"));
        Assert.Equal("mfa.method_in_use", (await Bed.DeleteAsync("mfa/method/totp/" + mfa.Method).Fails(FailureKind.Invalid)).Code);
        await Bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        await Bed.DeleteAsync("mfa/method/totp/" + mfa.Method).Ok();
        await Bed.Node.ListAsync("identity/mfa/method/totp").Fails(FailureKind.NotFound);
        await Bed.Node.ListAsync("identity/mfa/login-enforcement").Fails(FailureKind.NotFound);
        await Bed.Node.ReadAsync("identity/mfa/method/totp/" + mfa.Method).Fails(FailureKind.NotFound);
        await Bed.Node.ReadAsync("identity/mfa/login-enforcement/all").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("mfa/method/totp", "{}")]
    [InlineData("mfa/method/totp", """{"issuer":"a:b"}""")]
    [InlineData("mfa/method/totp", """{"issuer":"a","period":1}""")]
    [InlineData("mfa/method/totp", """{"issuer":"a","key_size":8}""")]
    [InlineData("mfa/method/totp", """{"issuer":"a","algorithm":"MD5"}""")]
    [InlineData("mfa/method/totp", """{"issuer":"a","digits":7}""")]
    [InlineData("mfa/method/totp", """{"issuer":"a","skew":2}""")]
    [InlineData("mfa/method/totp", """{"issuer":"a","max_validation_attempts":1000}""")]
    [InlineData("mfa/method/totp/none", """{"issuer":"a"}""")]
    [InlineData("mfa/method/totp/admin-generate", """{"method_id":"none","entity_id":"none"}""")]
    [InlineData("mfa/method/totp/admin-destroy", "{}")]
    [InlineData("mfa/login-enforcement/x", "{}")]
    [InlineData("mfa/login-enforcement/x", """{"mfa_method_ids":"none","auth_method_types":"call"}""")]
    [InlineData("mfa/login-enforcement/all", """{"auth_method_accessors":"none"}""")]
    [InlineData("mfa/login-enforcement/all", """{"auth_method_accessors":[]}""")]
    [InlineData("mfa/login-enforcement/all", """{"identity_group_ids":"none"}""")]
    [InlineData("mfa/login-enforcement/all", """{"identity_entity_ids":"none"}""")]
    public async Task What_makes_no_sense_is_refused(string path, string body) => await Bed.WriteAsync(path, body).Fails(FailureKind.Invalid);
}
