using System.Text.Json;
using Kist.Auth.Jwt;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Tests.Nodes;
using Kist.Crypto.Tests.Jose;

namespace Kist.Auth.Tests.Jwt;

/// <summary>Settings and roles: what is taken, what is shown, how it is stored.</summary>
public sealed class JwtSettingsTests : IAsyncLifetime
{
    private readonly TestSigner signer = TestSigner.Ec();
    private JwtMount mount = null!;

    public async Task InitializeAsync() => mount = await JwtMount.CreateAsync();

    public async Task DisposeAsync()
    {
        await mount.DisposeAsync();
        signer.Dispose();
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"bound_issuer":"x"}""")]
    [InlineData("""{"jwks_url":"https://a.test","oidc_discovery_url":"https://a.test"}""")]
    [InlineData("""{"jwks_url":"a.test"}""")]
    [InlineData("""{"jwks_url":"http://a.test"}""")]
    [InlineData("""{"jwks_url":"ftp://a.test"}""")]
    [InlineData("""{"jwks_url":"file:///etc/passwd"}""")]
    [InlineData("""{"jwks_url":"https://user:password@a.test"}""")]
    [InlineData("""{"oidc_discovery_url":"http://169.254.169.254/"}""")]
    [InlineData("""{"jwks_url":"https://169.254.169.254/"}""")]
    [InlineData("""{"jwks_url":"https://a.test","jwks_ca_pem":"no certificate"}""")]
    [InlineData("""{"jwks_url":"https://a.test","oidc_discovery_ca_pem":"x"}""")]
    [InlineData("""{"jwt_validation_pubkeys":["no key"]}""")]
    [InlineData("""{"jwt_validation_pubkeys":["KEY","no key"]}""")]
    [InlineData("""{"jwt_validation_pubkeys":["KEY"],"jwt_supported_algs":["none"]}""")]
    [InlineData("""{"jwt_validation_pubkeys":["KEY"],"jwt_supported_algs":["HS256"]}""")]
    public async Task Settings_that_would_verify_nothing_or_anything_are_refused(string config)
    {
        var body = config.Replace("\"KEY\"", JsonSerializer.Serialize(signer.Pem));
        await mount.Node.WriteAsync("auth/jwt/config", body).Fails(FailureKind.Invalid);
        await mount.Node.ReadAsync("auth/jwt/config").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Settings_are_shown_as_they_were_given()
    {
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = signer.Pem, jwt_supported_algs = "ES256", bound_issuer = "i", default_role = "r" }).Ok();
        var shown = (await mount.ReadAsync("config").Ok()).Json();
        Assert.Equal(signer.Pem.Trim(), shown.GetProperty("jwt_validation_pubkeys")[0].GetString());
        Assert.Equal(("i", "r", "", "valid"), (shown.Text("bound_issuer"), shown.Text("default_role"), shown.Text("jwks_url"), shown.Text("status")));
        // What is not given is not kept.
        await mount.ConfigureAsync(new { jwt_validation_pubkeys = signer.Pem }).Ok();
        Assert.Equal("", (await mount.Node.ReadAsync("auth/jwt/config").Ok()).Json().Text("default_role"));
    }

    [Theory]
    [InlineData("""{}""", "user_claim")]
    [InlineData("""{"bound_audiences":"a"}""", "user_claim")]
    [InlineData("""{"user_claim":"sub"}""", "bound_audiences")]
    [InlineData("""{"user_claim":"sub","bound_audiences":"a","role_type":"oidc"}""", "browser")]
    [InlineData("""{"user_claim":"sub","bound_audiences":"a","bound_claims_type":"regex"}""", "bound_claims_type")]
    [InlineData("""{"user_claim":"sub","bound_claims":{"a":[]}}""", "no value")]
    [InlineData("""{"user_claim":"sub","bound_claims":{"a":{}}}""", "\"a\"")]
    [InlineData("""{"user_claim":"sub","bound_claims":{"a":[null]}}""", "\"a\"")]
    [InlineData("""{"user_claim":"sub","bound_claims":["a"]}""", "bound_claims")]
    [InlineData("""{"user_claim":"sub","bound_claims":"a=b"}""", "bound_claims")]
    [InlineData("""{"user_claim":"sub","bound_claims":{"/a~":"b"}}""", "JSON Pointer")]
    [InlineData("""{"user_claim":"/~","user_claim_json_pointer":true,"bound_audiences":"a"}""", "JSON Pointer")]
    [InlineData("""{"user_claim":"sub","bound_audiences":"a","claim_mappings":{"x":"role"}}""", "reserved")]
    [InlineData("""{"user_claim":"sub","bound_audiences":"a","claim_mappings":{"x":"k","y":"k"}}""", "several")]
    [InlineData("""{"user_claim":"sub","bound_audiences":"a","token_type":"other"}""", "token_type")]
    public async Task Roles_that_would_let_in_nobody_or_anybody_are_refused(string role, string reason)
    {
        Assert.Contains(reason, (await mount.RoleAsync("r", role).Fails(FailureKind.Invalid)).Message);
        await mount.Node.ReadAsync("auth/jwt/role/r").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("-x")]
    [InlineData("x y")]
    [InlineData("x.")]
    public async Task Names_that_are_none_are_refused(string name)
    {
        await mount.RoleAsync(name, """{"user_claim":"sub","bound_audiences":"a"}""").Fails(FailureKind.Invalid);
        await mount.Node.ReadAsync($"auth/jwt/role/{name}").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Roles_are_listed_changed_and_deleted()
    {
        await mount.Node.ListAsync("auth/jwt/role").Fails(FailureKind.NotFound);
        await mount.RoleAsync("b", """{"user_claim":"sub","bound_claims":{"a":"1","b":["1","2"]},"policies":"old","ttl":60,"claim_mappings":"x=y"}""").Ok();
        await mount.RoleAsync("B", """{"user_claim":"sub","bound_claims":"{\"a\":1}"}""").Ok();
        await mount.RoleAsync("b", """{"policies":"old","token_policies":"new","expiration_leeway":-1}""").Ok();
        Assert.Equal(["B", "b"], (await mount.Node.ListAsync("auth/jwt/role").Ok()).Json().GetProperty("keys").EnumerateArray().Select(k => k.GetString()));
        var shown = (await mount.ReadAsync("role/b").Ok()).Json();
        Assert.Equal("""{"a":"1","b":["1","2"]}""", shown.GetProperty("bound_claims").GetRawText());
        Assert.Equal(["new"], shown.GetProperty("token_policies").EnumerateArray().Select(p => p.GetString()));
        Assert.Equal((60, -1), (shown.GetProperty("token_ttl").GetInt32(), shown.GetProperty("expiration_leeway").GetInt32()));
        Assert.Equal(("jwt", "string"), (shown.Text("role_type"), shown.Text("bound_claims_type")));
        Assert.Equal("y", shown.GetProperty("claim_mappings").Text("x"));
        await mount.DeleteRoleAsync("b");
        await mount.DeleteRoleAsync("b");
        await mount.ReadAsync("role/b").Fails(FailureKind.NotFound);
        await mount.ReadAsync("role/B").Ok();
    }

    [Fact]
    public void Stored_records_stay_readable()
    {
        const string Role =
            """
            {"schema":1,"id":"x","token":{"schema":1,"token_ttl":"01:00:00","token_max_ttl":"00:00:00","token_policies":["p"],"token_bound_cidrs":[],"token_explicit_max_ttl":"00:00:00","token_no_default_policy":false,"token_num_uses":0,"token_period":"00:00:00","token_type":"default"},"bound_audiences":["a"],"bound_subject":"s","bound_claims":{"c":["v"]},"bound_claims_type":"glob","claim_mappings":{"x":"y"},"user_claim":"sub","user_claim_json_pointer":true,"groups_claim":"g","clock_skew_leeway":"00:00:01","expiration_leeway":"-00:00:01","not_before_leeway":"00:00:00"}
            """;
        var role = new JwtRole
        {
            Id = "x",
            Token = new TokenSettings { TokenTtl = TimeSpan.FromHours(1), TokenPolicies = ["p"] },
            BoundAudiences = ["a"],
            BoundSubject = "s",
            BoundClaims = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["c"] = ["v"] },
            BoundClaimsType = "glob",
            ClaimMappings = new Dictionary<string, string>(StringComparer.Ordinal) { ["x"] = "y" },
            UserClaim = "sub",
            UserClaimJsonPointer = true,
            GroupsClaim = "g",
            ClockSkewLeeway = TimeSpan.FromSeconds(1),
            ExpirationLeeway = TimeSpan.FromSeconds(-1),
        };
        Assert.Equal(Role, JsonSerializer.Serialize(role, JwtStoredJson.Default.JwtRole));
        Assert.Equal(Role, JsonSerializer.Serialize(JsonSerializer.Deserialize(Role, JwtStoredJson.Default.JwtRole)!, JwtStoredJson.Default.JwtRole));
        const string Config =
            """
            {"schema":1,"oidc_discovery_url":"","oidc_discovery_ca_pem":"","jwks_url":"https://a","jwks_ca_pem":"","jwt_validation_pubkeys":[],"bound_issuer":"i","jwt_supported_algs":["ES256"],"default_role":"r"}
            """;
        Assert.Equal(Config, JsonSerializer.Serialize(
            new JwtConfig { JwksUrl = "https://a", BoundIssuer = "i", JwtSupportedAlgs = ["ES256"], DefaultRole = "r" }, JwtStoredJson.Default.JwtConfig));
    }
}
