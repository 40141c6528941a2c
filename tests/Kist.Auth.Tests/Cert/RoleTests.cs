using System.Text.Json;
using Kist.Auth.Cert.Stored;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Core.Tests.Certificates;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Cert;

/// <summary>Roles and settings as operators write and read them.</summary>
public sealed class RoleTests : IAsyncLifetime
{
    private readonly TestPki root = TestPki.Root("root");
    private CertHost host = null!;

    public async Task InitializeAsync() => host = await CertHost.StartAsync();

    public async Task DisposeAsync()
    {
        root.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_role_reads_as_it_was_written_and_a_write_leaves_what_it_does_not_name()
    {
        await host.RoleAsync("Web.One", root.Pem, new { allowed_dns_sans = "a,b", token_policies = "p", ocsp_fail_open = true });
        await host.WriteAsync("certs/web.one", new { display_name = "shown", allowed_dns_sans = new[] { "c" } }).Ok();
        var role = (await host.ReadOtherAsync("certs/WEB.ONE").Ok()).Json();
        Assert.Equal(root.Pem + "\n", role.Text("certificate"));
        Assert.Equal("""["c"]""", role.GetProperty("allowed_dns_sans").GetRawText());
        Assert.Equal("""["p"]""", role.GetProperty("token_policies").GetRawText());
        Assert.Equal("shown", role.Text("display_name"));
        Assert.True(role.GetProperty("ocsp_fail_open").GetBoolean());
        Assert.Equal("""{"keys":["web.one"]}""", (await host.Node.ListAsync("auth/cert/certs").Ok()).Json().GetRawText());
        await host.Node.DeleteAsync("auth/cert/certs/web.one").Ok();
        await host.Node.ReadAsync("auth/cert/certs/web.one").Fails(FailureKind.NotFound);
        await host.Node.ListAsync("auth/cert/certs").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Old_names_of_token_fields_are_taken()
    {
        await host.RoleAsync("web", root.Pem, new { policies = "a", ttl = 60, max_ttl = "2h", period = "30s", bound_cidrs = "127.0.0.1" });
        var role = (await host.Node.ReadAsync("auth/cert/certs/web").Ok()).Json();
        Assert.Equal("""["a"]""", role.GetProperty("token_policies").GetRawText());
        Assert.Equal(60, role.GetProperty("token_ttl").GetInt64());
        Assert.Equal(7200, role.GetProperty("token_max_ttl").GetInt64());
        Assert.Equal(30, role.GetProperty("token_period").GetInt64());
        Assert.Equal("""["127.0.0.1"]""", role.GetProperty("token_bound_cidrs").GetRawText());
    }

    [Theory]
    [InlineData("required_extensions", "no-oid:x")]
    [InlineData("required_extensions", "1.2.3")]
    [InlineData("allowed_metadata_extensions", "team")]
    [InlineData("ocsp_servers_override", "ftp://ocsp.example")]
    [InlineData("ocsp_servers_override", "http://me:secret@ocsp.example")]
    [InlineData("ocsp_ca_certificates", "nothing")]
    [InlineData("token_type", "none")]
    [InlineData("certificate", "")]
    [InlineData("certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")]
    [InlineData("certificate", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")]
    public async Task A_field_that_makes_no_sense_is_named(string field, string value)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal) { ["certificate"] = root.Pem, [field] = value };
        var failure = await host.WriteAsync("certs/web", fields).Fails(FailureKind.Invalid);
        Assert.Contains(field, failure.Message);
        Assert.DoesNotContain("secret", failure.Message);
        await host.Node.ReadAsync("auth/cert/certs/web").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_new_role_needs_a_certificate_of_an_authority_or_a_client()
    {
        await host.WriteAsync("certs/web", new { display_name = "x" }).Fails(FailureKind.Invalid);
        await host.WriteAsync("certs/web", new { certificate = root.Issue(new Wanted { Usages = [TestPki.ServerUsage] }).Pem }).Fails(FailureKind.Invalid);
        await host.WriteAsync("certs/web", new { certificate = string.Join('\n', Enumerable.Repeat(root.Pem, 33)) }).Fails(FailureKind.Invalid);
        await host.WriteAsync("certs/web", new { certificate = root.Client("one").Pem }).Ok();
    }

    [Theory]
    [InlineData("certs/-x")]
    [InlineData("certs/x y")]
    [InlineData("crls/ü")]
    public async Task Names_are_of_plain_letters(string path) =>
        Assert.Equal("cert.invalid_name", (await host.WriteAsync(path, new { certificate = root.Pem, crl = "x" }).Fails(FailureKind.Invalid)).Code);

    [Fact]
    public async Task Settings_read_as_they_were_written()
    {
        Assert.Equal(
            """{"disable_binding":false,"enable_identity_alias_metadata":false,"ocsp_cache_size":100}""",
            (await host.Node.ReadAsync("auth/cert/config").Ok()).Json().GetRawText());
        await host.WriteAsync("config", new { disable_binding = true }).Ok();
        await host.WriteAsync("config", new { ocsp_cache_size = 5 }).Ok();
        Assert.Equal(
            """{"disable_binding":true,"enable_identity_alias_metadata":false,"ocsp_cache_size":5}""",
            (await host.ReadOtherAsync("config").Ok()).Json().GetRawText());
        await host.WriteAsync("config", new { ocsp_cache_size = -1 }).Fails(FailureKind.Invalid);
    }

    [Fact]
    public void Stored_records_stay_as_they_are()
    {
        var role = new RoleRecord { Id = "x", Certificate = "PEM", AllowedUriSans = ["spiffe://*"], OcspEnabled = true, Token = new TokenSettings { TokenPolicies = ["p"] } };
        Assert.Equal(
            """
            {"schema":1,"id":"x","certificate":"PEM","display_name":"","allowed_names":[],"allowed_common_names":[],"allowed_dns_sans":[],"allowed_email_sans":[],
            "allowed_uri_sans":["spiffe://*"],"allowed_organizational_units":[],"required_extensions":[],"allowed_metadata_extensions":[],"ocsp_enabled":true,
            "ocsp_ca_certificates":"","ocsp_servers_override":[],"ocsp_fail_open":false,"ocsp_query_all_servers":false,"token":
            {"schema":1,"token_ttl":"00:00:00","token_max_ttl":"00:00:00","token_policies":["p"],"token_bound_cidrs":[],"token_explicit_max_ttl":"00:00:00",
            "token_no_default_policy":false,"token_num_uses":0,"token_period":"00:00:00","token_type":"default"}}
            """.ReplaceLineEndings(""),
            JsonSerializer.Serialize(role, CertStoredJson.Default.RoleRecord));
        var required = role with { Token = new TokenSettings { AlsoRequires = new LoginRequirement { CertificateAuthorities = "PEM", Hours = ["08:00-18:00"] } } };
        Assert.EndsWith(
            """
            ,"also_requires":{"certificate_authorities":"PEM","certificate_names":[],"hours":["08:00-18:00"]}}}
            """,
            JsonSerializer.Serialize(required, CertStoredJson.Default.RoleRecord));
        var list = new CrlRecord { Der = [1, 2], Url = "http://crl.example", DueAt = DateTimeOffset.UnixEpoch };
        Assert.Equal(
            """{"schema":1,"der":"AQI=","url":"http://crl.example","due_at":"1970-01-01T00:00:00+00:00"}""",
            JsonSerializer.Serialize(list, CertStoredJson.Default.CrlRecord));
        Assert.Equal(
            """{"schema":1,"disable_binding":false,"enable_identity_alias_metadata":false,"ocsp_cache_size":100}""",
            JsonSerializer.Serialize(new ConfigRecord(), CertStoredJson.Default.ConfigRecord));
    }
}
