using System.Text;
using System.Text.Json;
using Kist.Core.Identity.Mfa;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Identity;

/// <summary>Second proofs of logins by TOTP, on two nodes of one store.</summary>
public sealed class MfaTests : IAsyncLifetime
{
    private static readonly SecretText Nobody = new("");

    private IdentityBed bed = null!;
    private string entity = "";
    private string method = "";
    private byte[] secret = [];

    public async Task InitializeAsync()
    {
        bed = await IdentityBed.CreateAsync();
        entity = (await bed.LoginAsync("bob")).EntityId;
        method = (await bed.WriteAsync("mfa/method/totp", """{"issuer":"Kist","method_name":"app"}""").Ok()).Json().Text("method_id");
        var made = (await bed.WriteAsync("mfa/method/totp/admin-generate", $$"""{"method_id":"{{method}}","entity_id":"{{entity}}"}""").Ok()).Json();
        var url = made.Text("url");
        Assert.StartsWith($"otpauth://totp/Kist:{entity}?algorithm=SHA1&digits=6&issuer=Kist&period=30&secret=", url, StringComparison.Ordinal);
        secret = FromBase32(url[(url.LastIndexOf('=') + 1)..]);
        await bed.WriteAsync("mfa/login-enforcement/all", $$"""{"mfa_method_ids":"{{method}}","auth_method_accessors":"{{bed.Accessor}}"}""").Ok();
    }

    public async Task DisposeAsync() => await bed.DisposeAsync();

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
        var (id, answer) = await SuspendedAsync();
        Assert.Equal("", answer.ClientToken.Reveal());
        var constraint = Assert.Single(answer.MfaRequirement!.Constraints);
        Assert.Equal(("all", method, "app"), (constraint.Name, constraint.Any[0].Id, constraint.Any[0].Name));
        var token = (await ProveAsync(id, Code(), bed.Other).Ok()).Auth!;
        Assert.Equal((entity, null), (token.EntityId, token.MfaRequirement));
        var shown = (await bed.Node.ReadAsync("auth/token/lookup-self", token.ClientToken).Ok()).Json();
        Assert.Equal("auth/call/login", shown.Text("path"));
        await bed.Node.WriteAsync("auth/token/renew-self", "", token.ClientToken).Ok();
    }

    [Fact]
    public async Task A_code_is_good_for_one_login_on_all_nodes()
    {
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
            ids.Add((await SuspendedAsync()).Id);
        var code = Code();
        var answers = await Task.WhenAll(ids.Select((id, i) => Task.Run(() => ProveAsync(id, code, i % 2 == 0 ? bed.Node : bed.Other))));
        Assert.Single(answers, a => a.Failure is null);
        Assert.All(answers.Where(a => a.Failure is not null), a => Assert.Equal("mfa.failed", a.Failure!.Code));
    }

    [Fact]
    public async Task An_earlier_code_is_not_good_after_a_later_one()
    {
        await ProveAsync((await SuspendedAsync()).Id, Code(1)).Ok();
        await ProveAsync((await SuspendedAsync()).Id, Code()).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task After_some_wrong_codes_none_is_looked_at_for_a_time()
    {
        var id = (await SuspendedAsync()).Id;
        for (var i = 0; i < 5; i++)
            await ProveAsync(id, "x", i % 2 == 0 ? bed.Node : bed.Other).Fails(FailureKind.Denied);
        Assert.Equal("mfa.failed", (await ProveAsync(id, Code()).Fails(FailureKind.Denied)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("%%%")]
    public async Task A_request_that_is_none_is_refused(string id) => await ProveAsync(id, Code()).Fails(FailureKind.Invalid);

    [Fact]
    public async Task Codes_for_another_method_or_in_another_form_are_refused()
    {
        var id = (await SuspendedAsync()).Id;
        string[] payloads = ["{}", "null", "[]", $$"""{"other":["{{Code()}}"]}""", $$"""{"{{method}}":[]}""", $$"""{"{{method}}":{"a":1} }"""];
        foreach (var payload in payloads)
        {
            var failure = (await bed.Node.WriteAsync("sys/mfa/validate", $$"""{"mfa_request_id":"{{id}}","mfa_payload":{{payload}} }""", Nobody)).Failure;
            Assert.True(failure is { Kind: FailureKind.Invalid or FailureKind.Denied }, payload);
        }
        await ProveAsync(id, Code(), name: "app").Ok();
    }

    [Fact]
    public async Task A_disabled_entity_proves_nothing()
    {
        var id = (await SuspendedAsync()).Id;
        await bed.WriteAsync("entity/id/" + entity, """{"disabled":true}""").Ok();
        await ProveAsync(id, Code()).Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task Nobody_without_an_app_or_without_a_name_gets_in()
    {
        var answer = await bed.TryLoginAsync("""{"name":"eve"}""").Ok();
        await ProveAsync(answer.Auth!.MfaRequirement!.RequestId, Code()).Fails(FailureKind.Denied);
        await bed.TryLoginAsync("{}").Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task The_code_may_come_with_the_login()
    {
        Assert.Null((await WithHeaderAsync($"{method}:{Code()}").Ok()).Auth!.MfaRequirement);
        await WithHeaderAsync("app:x").Fails(FailureKind.Denied);
        await WithHeaderAsync("app").Fails(FailureKind.Denied);
    }

    [Fact]
    public async Task A_login_that_waits_is_not_wrapped_and_its_completion_may_be()
    {
        var waiting = await bed.Node.WriteAsync("auth/call/login", """{"name":"bob"}""", Nobody, TimeSpan.FromMinutes(1)).Ok();
        Assert.Null(waiting.Wrap);
        var body = $$"""{"mfa_request_id":"{{waiting.Auth!.MfaRequirement!.RequestId}}","mfa_payload":{"{{method}}":["{{Code()}}"]} }""";
        var wrapped = await bed.Node.WriteAsync("sys/mfa/validate", body, Nobody, TimeSpan.FromMinutes(1)).Ok();
        Assert.NotNull((await bed.Other.WriteAsync("sys/wrapping/unwrap", "", wrapped.Wrap!.Token).Ok()).Auth);
    }

    [Fact]
    public async Task An_enforcement_applies_to_whom_it_names_and_to_nobody_else()
    {
        await bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        Assert.Null((await bed.LoginAsync("bob")).MfaRequirement);
        var group = await bed.CreateAsync("group", $$"""{"member_entity_ids":"{{entity}}"}""");
        var above = await bed.CreateAsync("group", $$"""{"member_group_ids":"{{group}}"}""");
        string[] conditions =
        [
            $$"""{"identity_entity_ids":"{{entity}}"}""", $$"""{"identity_group_ids":"{{above}}"}""", """{"auth_method_types":"call"}""",
        ];
        foreach (var condition in conditions)
        {
            await bed.WriteAsync("mfa/login-enforcement/some", condition.Insert(1, $"\"mfa_method_ids\":\"{method}\",")).Ok();
            Assert.NotNull((await bed.LoginAsync("bob")).MfaRequirement);
            Assert.Equal(condition.Contains("types", StringComparison.Ordinal), (await bed.LoginAsync("eve")).MfaRequirement is not null);
            await bed.DeleteAsync("mfa/login-enforcement/some").Ok();
        }
    }

    [Fact]
    public async Task One_makes_a_secret_for_oneself_once()
    {
        await bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        await bed.Node.WriteAsync("sys/policies/acl/self", """{"policy":"path \"identity/mfa/method/totp/generate\" { capabilities = [\"update\"] }"}""").Ok();
        var eve = await bed.LoginAsync("eve", """ "policies":["self"] """);
        var body = $$"""{"method_id":"{{method}}"}""";
        Assert.NotEmpty((await bed.Node.WriteAsync("identity/mfa/method/totp/generate", body, eve.ClientToken).Ok()).Json().Text("url"));
        var again = await bed.Node.WriteAsync("identity/mfa/method/totp/generate", body, eve.ClientToken).Ok();
        Assert.True(again.Data.IsEmpty && again.Warnings.Count == 1);
        await bed.WriteAsync("mfa/method/totp/admin-destroy", $$"""{"method_id":"{{method}}","entity_id":"{{eve.EntityId}}"}""").Ok();
        await bed.Node.WriteAsync("identity/mfa/method/totp/generate", body, eve.ClientToken).Ok();
        await bed.WriteAsync("mfa/method/totp/generate", body).Fails(FailureKind.Invalid);
        await bed.DeleteAsync("entity/id/" + eve.EntityId).Ok();
        Assert.Single(await bed.Node.Node.Identities.Mfa.Records.Secrets.ScanAsync("", 0, default));
    }

    [Fact]
    public async Task Methods_and_enforcements_are_read_listed_changed_and_deleted()
    {
        Assert.Equal([method], (await bed.ListAsync("mfa/method/totp")).Texts("keys"));
        Assert.Equal(["all"], (await bed.ListAsync("mfa/login-enforcement")).Texts("keys"));
        await bed.WriteAsync("mfa/method/totp/" + method, """{"digits":8}""").Ok();
        var read = await bed.ReadAsync("mfa/method/totp/" + method);
        Assert.Equal(("totp", "Kist"), (read.Text("type"), read.Text("issuer")));
        Assert.Equal((8, 30), (read.GetProperty("digits").GetInt32(), read.GetProperty("period").GetInt32()));
        Assert.Equal([method], (await bed.ReadAsync("mfa/login-enforcement/all")).Texts("mfa_method_ids"));
        Assert.Equal("mfa.method_in_use", (await bed.DeleteAsync("mfa/method/totp/" + method).Fails(FailureKind.Invalid)).Code);
        await bed.DeleteAsync("mfa/login-enforcement/all").Ok();
        await bed.DeleteAsync("mfa/method/totp/" + method).Ok();
        await bed.Node.ListAsync("identity/mfa/method/totp").Fails(FailureKind.NotFound);
        await bed.Node.ListAsync("identity/mfa/login-enforcement").Fails(FailureKind.NotFound);
        await bed.Node.ReadAsync("identity/mfa/method/totp/" + method).Fails(FailureKind.NotFound);
        await bed.Node.ReadAsync("identity/mfa/login-enforcement/all").Fails(FailureKind.NotFound);
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
    public async Task What_makes_no_sense_is_refused(string path, string body) => await bed.WriteAsync(path, body).Fails(FailureKind.Invalid);

    private async Task<(string Id, IssuedToken Answer)> SuspendedAsync()
    {
        var answer = (await bed.TryLoginAsync("""{"name":"bob"}""").Ok()).Auth!;
        return (answer.MfaRequirement!.RequestId, answer);
    }

    private Task<Response> ProveAsync(string id, string code, TestNode? at = null, string? name = null) => (at ?? bed.Node).WriteAsync(
        "sys/mfa/validate",
        JsonSerializer.Serialize(new { mfa_request_id = id, mfa_payload = new Dictionary<string, string[]> { [name ?? method] = [code] } }),
        Nobody);

    private async Task<Response> WithHeaderAsync(string value) => await bed.Node.Node.Pipeline.HandleAsync(
        new Request
        {
            Id = "1",
            Path = "auth/call/login",
            Operation = Operation.Update,
            Body = """{"name":"bob"}"""u8.ToArray(),
            Header = name => name == "X-Vault-MFA" ? value : null,
        },
        default);

    // The skew of one period lets the code of now count although a period ends meanwhile.
    private string Code(int ahead = 0) => Totp.Code(secret, Totp.StepAt(TimeProvider.System.GetUtcNow(), 30) + ahead, "SHA1", 6);

    private static byte[] FromBase32(string text)
    {
        var bytes = new List<byte>();
        var buffer = 0;
        var bits = 0;
        foreach (var c in text)
        {
            buffer = (buffer << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal);
            bits += 5;
            if (bits < 8)
                continue;
            bits -= 8;
            bytes.Add((byte)(buffer >> bits));
            buffer &= (1 << bits) - 1;
        }
        return [.. bytes];
    }
}
