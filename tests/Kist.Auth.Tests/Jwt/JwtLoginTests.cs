using System.Net;
using System.Text.Json;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Nodes;
using Kist.Crypto;
using Kist.Crypto.Tests.Jose;

namespace Kist.Auth.Tests.Jwt;

/// <summary>Who is let in by which tokens.</summary>
public sealed class JwtLoginTests : IAsyncLifetime
{
    private const string Issuer = "https://ci.test";

    private readonly TestSigner signer = TestSigner.Ec("k1");
    private JwtMount mount = null!;

    public async Task InitializeAsync()
    {
        mount = await JwtMount.CreateAsync();
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = new[] { signer.Pem }, bound_issuer = Issuer, default_role = "ci" }).Ok();
        await mount.RoleAsync("ci", """{"role_type":"jwt","user_claim":"sub","bound_audiences":"kist","token_policies":"dev"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await mount.DisposeAsync();
        signer.Dispose();
    }

    [Fact]
    public async Task A_token_of_the_issuer_logs_in_on_every_node()
    {
        await mount.RoleAsync(
            "ci",
            """
            {"groups_claim":"/team/groups","claim_mappings":{"project":"project","/team/name":"team","absent":"absent","/number":"n"},
             "token_ttl":"1h","token_num_uses":7}
            """).Ok();
        var auth = await mount.LoginAsync(Token(""" "project":"kist","team":{"name":"core","groups":["a","b","a",""]},"number":7 """));
        Assert.Equal(["default", "dev"], auth.Policies);
        Assert.Equal((TimeSpan.FromHours(1), 7), (auth.Ttl, auth.NumUses));
        Assert.Equal(
            [("n", "7"), ("project", "kist"), ("role", "ci"), ("team", "core")],
            auth.Metadata.Select(m => (m.Key, m.Value)).OrderBy(m => m.Key, StringComparer.Ordinal));
        var shown = (await mount.Node.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal("jwt-job-1", shown.Text("display_name"));
    }

    [Fact]
    public async Task The_default_role_is_for_those_who_name_none()
    {
        await mount.LoginAsync(Token(), role: null);
        await mount.LoginAsync(Token(), role: "");
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = new[] { signer.Pem } }).Ok();
        Assert.Contains("missing role", (await mount.RefusedAsync(Token(), FailureKind.Invalid, role: null)).Message);
    }

    [Fact]
    public async Task Who_has_no_token_of_the_issuer_learns_nothing_of_roles()
    {
        using var stranger = TestSigner.Ec("k1");
        await mount.RoleAsync("other", """{"user_claim":"name","bound_subject":"nobody"}""").Ok();
        var token = stranger.Sign(Claims());
        var failures = new List<Failure>();
        foreach (var role in (string[])["ci", "other", "absent", "../config", new string('x', 5_000), "a/b"])
            failures.Add(await mount.RefusedAsync(token, FailureKind.Denied, role));
        Assert.Single(failures.Distinct());
        Assert.Equal("jwt.not_verified", failures[0].Code);
        // Who has one is told, and nothing of the name is repeated.
        Assert.Contains("could not be found", (await mount.RefusedAsync(Token(), FailureKind.Invalid, "absent")).Message);
        Assert.DoesNotContain("..", (await mount.RefusedAsync(Token(), FailureKind.Invalid, "../config")).Message);
    }

    [Theory]
    [InlineData(""" "iss":"https://elsewhere.test","sub":"job-1","aud":"kist" """, "another issuer")]
    [InlineData(""" "sub":"job-1","aud":"kist" """, "another issuer")]
    [InlineData(""" "iss":"https://ci.test/","sub":"job-1","aud":"kist" """, "another issuer")]
    [InlineData(""" "iss":"https://ci.test","sub":"job-1","aud":"other" """, "another audience")]
    [InlineData(""" "iss":"https://ci.test","sub":"job-1","aud":["other","kis"] """, "another audience")]
    [InlineData(""" "iss":"https://ci.test","sub":"job-1" """, "another audience")]
    [InlineData(""" "iss":"https://ci.test","aud":"kist" """, "names the caller")]
    [InlineData(""" "iss":"https://ci.test","sub":"","aud":"kist" """, "cannot name anybody")]
    [InlineData(""" "iss":"https://ci.test","sub":"a\u0000b","aud":"kist" """, "cannot name anybody")]
    public async Task Tokens_for_others_or_of_others_are_refused(string claims, string reason) =>
        Assert.Contains(reason, (await mount.RefusedAsync(SignWithTimes(claims), FailureKind.Denied)).Message);

    [Fact]
    public async Task A_name_that_is_too_long_is_refused() => Assert.Contains(
        "cannot name anybody",
        (await mount.RefusedAsync(SignWithTimes($"\"iss\":\"{Issuer}\",\"aud\":\"kist\",\"sub\":\"{new string('x', 513)}\""), FailureKind.Denied)).Message);

    [Fact]
    public async Task A_token_for_somebody_does_not_open_a_role_that_asks_for_nobody()
    {
        await mount.RoleAsync("open", """{"user_claim":"sub","bound_subject":"job-1"}""").Ok();
        Assert.Contains("no audiences bound", (await mount.RefusedAsync(Token(), FailureKind.Denied, "open")).Message);
        await mount.LoginAsync(SignWithTimes($"\"iss\":\"{Issuer}\",\"sub\":\"job-1\""), "open");
        Assert.Contains("subject", (await mount.RefusedAsync(SignWithTimes($"\"iss\":\"{Issuer}\",\"sub\":\"job-2\""), FailureKind.Denied, "open")).Message);
    }

    [Fact]
    public async Task Times_are_judged_by_the_roles_leeways()
    {
        var token = signer.Sign($$"""{"iss":"{{Issuer}}","sub":"job-1","aud":"kist","exp":{{mount.Now + 100}}}""");
        await mount.LoginAsync(token);
        mount.Clock.Advance(TimeSpan.FromSeconds(159));
        await mount.LoginAsync(token);
        mount.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("expired", (await mount.RefusedAsync(token, FailureKind.Denied)).Message);
        await mount.RoleAsync("ci", """{"clock_skew_leeway":300}""").Ok();
        await mount.LoginAsync(token);
        await mount.RoleAsync("ci", """{"clock_skew_leeway":-1}""").Ok();
        Assert.Contains("expired", (await mount.RefusedAsync(token, FailureKind.Denied)).Message);
        Assert.Contains("not good yet", (await mount.RefusedAsync(
            signer.Sign($$"""{"iss":"{{Issuer}}","sub":"job-1","aud":"kist","nbf":{{mount.Now + 1}},"exp":{{mount.Now + 100}}}"""), FailureKind.Denied)).Message);
        Assert.Contains("none of the claims", (await mount.RefusedAsync(
            signer.Sign($$"""{"iss":"{{Issuer}}","sub":"job-1","aud":"kist"}"""), FailureKind.Denied)).Message);
    }

    [Theory]
    [InlineData("string", """{"env":"prod"}""", """ "env":"prod" """, true)]
    [InlineData("string", """{"env":["test","prod"]}""", """ "env":"prod" """, true)]
    [InlineData("string", """{"env":"prod"}""", """ "env":["dev","prod"] """, true)]
    [InlineData("string", """{"env":"prod"}""", """ "env":"production" """, false)]
    [InlineData("string", """{"env":"pro*"}""", """ "env":"prod" """, false)]
    [InlineData("string", """{"env":"pro*"}""", """ "env":"pro*" """, true)]
    [InlineData("glob", """{"env":"pro*"}""", """ "env":"prod" """, true)]
    [InlineData("glob", """{"ref":"refs/heads/*-release"}""", """ "ref":"refs/heads/1.2-release" """, true)]
    [InlineData("glob", """{"ref":"refs/heads/*-release"}""", """ "ref":"refs/heads/1.2-release2" """, false)]
    [InlineData("glob", """{"env":"pro*"}""", """ "env":"Prod" """, false)]
    [InlineData("string", """{"env":"prod"}""", """ "other":"prod" """, false)]
    [InlineData("string", """{"env":"prod"}""", """ "env":null """, false)]
    [InlineData("string", """{"env":"prod"}""", """ "env":{"prod":true} """, false)]
    [InlineData("string", """{"env":"prod"}""", """ "env":[] """, false)]
    [InlineData("string", """{"/a/b":"c"}""", """ "a":{"b":"c"} """, true)]
    [InlineData("string", """{"/a/b":"c"}""", """ "a":{"b":"d"} """, false)]
    [InlineData("string", """{"ok":true}""", """ "ok":true """, true)]
    [InlineData("string", """{"ok":true}""", """ "ok":false """, false)]
    [InlineData("string", """{"n":7}""", """ "n":7 """, true)]
    [InlineData("string", """{"a":"1","b":"2"}""", """ "a":"1","b":"3" """, false)]
    public async Task Claims_have_the_values_that_the_role_asks_for(string type, string bound, string claims, bool good)
    {
        await mount.RoleAsync("ci", $$"""{"bound_claims":{{bound}},"bound_claims_type":"{{type}}"}""").Ok();
        if (good)
            await mount.LoginAsync(Token(claims));
        else
            Assert.Contains("claim \"", (await mount.RefusedAsync(Token(claims), FailureKind.Denied)).Message);
    }

    [Theory]
    [InlineData("""{"groups_claim":"groups"}""", """ "x":1 """)]
    [InlineData("""{"groups_claim":"groups"}""", """ "groups":[1] """)]
    [InlineData("""{"groups_claim":"groups"}""", """ "groups":{} """)]
    [InlineData("""{"claim_mappings":{"/team":"team"}}""", """ "x":1 """)]
    [InlineData("""{"claim_mappings":{"team":"team"}}""", """ "team":["a"] """)]
    [InlineData("""{"user_claim":"/team/name","user_claim_json_pointer":true}""", """ "/team/name":"x" """)]
    [InlineData("""{"user_claim":"/team/name"}""", """ "team":{"name":"x"} """)]
    public async Task Claims_that_the_role_needs_must_be_there(string role, string claims)
    {
        await mount.RoleAsync("ci", role).Ok();
        await mount.RefusedAsync(Token(claims), FailureKind.Denied);
    }

    [Fact]
    public async Task A_caller_can_be_named_by_a_claim_below_the_top()
    {
        await mount.RoleAsync("ci", """{"user_claim":"/team/name","user_claim_json_pointer":true}""").Ok();
        var auth = await mount.LoginAsync(Token(""" "team":{"name":"core"} """));
        var shown = (await mount.Node.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal("jwt-core", shown.Text("display_name"));
    }

    [Fact]
    public async Task Only_algorithms_that_the_mount_supports_are_taken()
    {
        using var rsa = TestSigner.Rsa();
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = new[] { signer.Pem, rsa.Pem }, jwt_supported_algs = "RS256,PS512" }).Ok();
        Assert.Equal("jwt.not_verified", (await mount.RefusedAsync(Token(), FailureKind.Denied)).Code);
        await mount.LoginAsync(rsa.Sign(Claims()));
        await mount.LoginAsync(rsa.Sign(Claims(), "PS512"));
        Assert.Equal("jwt.not_verified", (await mount.RefusedAsync(rsa.Sign(Claims(), "RS512"), FailureKind.Denied)).Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("a.b.c")]
    [InlineData("....")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task What_is_no_token_is_refused(string token) => await mount.RefusedAsync(token, FailureKind.Invalid);

    [Fact]
    public async Task Bodies_of_any_other_shape_are_refused()
    {
        string[] bodies = ["", "{}", """{"role":"ci"}""", """{"jwt":null}""", """{"jwt":["a"]}""", """{"jwt":{}}""", """{"role":["ci"],"jwt":"x"}""", "[]", "x"];
        foreach (var body in bodies)
            await mount.Node.WriteAsync("auth/jwt/login", body, new SecretText("")).Fails(FailureKind.Invalid);
        await mount.RefusedAsync(new string('x', 100_000), FailureKind.Invalid);
        await mount.RefusedAsync(signer.Sign("[]"), FailureKind.Invalid);
        await mount.RefusedAsync(signer.Sign("""{"sub":"a","sub":"b"}"""), FailureKind.Invalid);
    }

    [Fact]
    public async Task A_mount_without_settings_lets_nobody_in()
    {
        await mount.Node.WriteAsync("sys/auth/empty", """{"type":"jwt"}""").Ok();
        var asked = JsonSerializer.Serialize(new { jwt = Token(), role = "ci" });
        Assert.Equal("jwt.no_config", (await mount.Node.WriteAsync("auth/empty/login", asked, new SecretText("")).Fails(FailureKind.Invalid)).Code);
        // Roles and keys of one mount are nothing to another.
        await mount.Node.WriteAsync("auth/empty/config", JsonSerializer.Serialize(new { jwt_validation_pubkeys = new[] { signer.Pem } })).Ok();
        Assert.Equal("jwt.unknown_role", (await mount.Node.WriteAsync("auth/empty/login", asked, new SecretText("")).Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task Nobody_logs_in_from_elsewhere_than_the_role_allows()
    {
        await mount.RoleAsync("ci", """{"token_bound_cidrs":["10.0.0.0/8"]}""").Ok();
        await mount.RefusedAsync(Token(), FailureKind.Denied);
        var body = JsonSerializer.Serialize(new { jwt = Token(), role = "ci" });
        Assert.NotNull((await mount.Node.AskAsync(Operation.Update, "auth/jwt/login", body, new SecretText(""), client: IPAddress.Parse("10.1.2.3"))).Auth);
    }

    [Fact]
    public async Task A_renewal_asks_the_role_as_it_is_now()
    {
        await mount.RoleAsync("ci", """{"token_ttl":"1h","token_max_ttl":"10h"}""").Ok();
        var token = (await mount.LoginAsync(Token())).ClientToken;
        await mount.RoleAsync("ci", """{"token_ttl":"2h"}""").Ok();
        Assert.Equal(TimeSpan.FromHours(2), (await mount.RenewAsync(token).Ok()).Auth!.Ttl);
        await mount.RoleAsync("ci", """{"token_policies":"dev,ops"}""").Ok();
        Assert.Contains("policies have changed", (await mount.RenewAsync(token).Fails(FailureKind.Invalid)).Message);
        await mount.DeleteRoleAsync("ci");
        Assert.Contains("does not exist", (await mount.RenewAsync(token).Fails(FailureKind.Invalid)).Message);
        // Another role of its name is another.
        await mount.RoleAsync("ci", """{"user_claim":"sub","bound_audiences":"kist","token_policies":"dev"}""").Ok();
        Assert.Contains("does not exist", (await mount.RenewAsync(token).Fails(FailureKind.Invalid)).Message);
    }

    [Fact]
    public async Task Every_algorithm_is_verified_by_a_key_of_its_kind()
    {
        using var rsa = TestSigner.Rsa();
        using var ec384 = TestSigner.Ec(bits: 384);
        using var ec521 = TestSigner.Ec(bits: 521);
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = new[] { signer.Pem, rsa.Pem, ec384.Pem, ec521.Pem } }).Ok();
        foreach (var algorithm in (string[])["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
            await mount.LoginAsync(rsa.Sign(Claims(), algorithm));
        foreach (var other in (TestSigner[])[signer, ec384, ec521])
            await mount.LoginAsync(other.Sign(Claims()));
    }

    [Fact]
    public async Task Groups_of_the_token_are_external_groups_and_their_policies_come_along()
    {
        var accessor = (await mount.Node.ReadAsync("sys/auth/jwt").Ok()).Json().Text("accessor");
        var group = (await mount.Node.WriteAsync("identity/group", """{"name":"core","type":"external","policies":"of-core"}""").Ok()).Json().Text("id");
        var alias = JsonSerializer.Serialize(new { name = "team-a", mount_accessor = accessor, canonical_id = group });
        await mount.Node.WriteAsync("identity/group-alias", alias).Ok();
        await mount.RoleAsync("ci", """{"groups_claim":"groups"}""").Ok();
        Assert.Equal(["of-core"], await IdentityPoliciesAsync(""" "groups":["team-a","team-b"] """));
        Assert.Equal([], await IdentityPoliciesAsync(""" "groups":["team-b"] """));

        async Task<IEnumerable<string?>> IdentityPoliciesAsync(string claims)
        {
            var token = (await mount.AskAsync(Token(claims)).Ok()).Auth!.ClientToken;
            var shown = (await mount.Node.ReadAsync("auth/token/lookup-self", token).Ok()).Json();
            return shown.TryGetProperty("identity_policies", out var policies) ? policies.EnumerateArray().Select(p => p.GetString()) : [];
        }
    }

    [Fact]
    public async Task Settings_that_bind_no_issuer_are_warned_of()
    {
        Assert.Empty((await mount.ConfigureAsync(new { jwt_validation_pubkeys = new[] { signer.Pem }, bound_issuer = Issuer }).Ok()).Warnings);
        Assert.Contains("bound_issuer", Assert.Single((await mount.ConfigureAsync(new { jwt_validation_pubkeys = new[] { signer.Pem } }).Ok()).Warnings));
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = Enumerable.Repeat(signer.Pem, 65) }).Fails(FailureKind.Invalid);
    }

    private string Claims(string more = "") =>
        $$"""{"iss":"{{Issuer}}","sub":"job-1","aud":["other","kist"],"iat":{{mount.Now}},"exp":{{mount.Now + 600}}{{(more.Length > 0 ? "," + more : "")}}}""";

    private string Token(string more = "") => signer.Sign(Claims(more));

    private string SignWithTimes(string claims) => signer.Sign($$"""{{{claims}},"iat":{{mount.Now}},"exp":{{mount.Now + 600}}}""");
}
