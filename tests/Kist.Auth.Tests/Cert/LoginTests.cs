using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Tests.Certificates;
using Kist.Core.Tests.Nodes;
using Kist.Crypto;

namespace Kist.Auth.Tests.Cert;

/// <summary>Which role takes a certificate, and what a login gives.</summary>
public sealed class LoginTests : IAsyncLifetime
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
    public async Task A_login_gives_a_token_as_the_role_says_and_tells_of_the_certificate()
    {
        var settings = new { display_name = "the web", token_policies = "web,prod", token_ttl = "1h", token_bound_cidrs = "127.0.0.0/8" };
        await host.RoleAsync("Web", root.Pem, settings);
        var client = root.Issue(new Wanted
        {
            Subject = "CN=app",
            Serial = [0x0F, 0x42, 0x40],
            More = [new X509SubjectKeyIdentifierExtension([0xAB, 0xCD], false)],
        });
        var auth = await host.LoginAsync(client.With(), "WEB");
        Assert.Equal(["default", "prod", "web"], auth.Policies);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        Assert.Equal("web", auth.Metadata["cert_name"]);
        Assert.Equal("app", auth.Metadata["common_name"]);
        Assert.Equal("1000000", auth.Metadata["serial_number"]);
        Assert.Equal("ab:cd", auth.Metadata["subject_key_id"]);
        var shown = (await host.Node.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal("cert-the web", shown.Text("display_name"));
    }

    [Fact]
    public async Task Without_a_certificate_nobody_logs_in_and_a_field_is_none()
    {
        await host.RoleAsync("web", root.Pem);
        Assert.Equal("cert.none", (await host.TryLoginAsync(null).Fails(FailureKind.Invalid)).Code);
        var body = System.Text.Json.JsonSerializer.Serialize(new { certificate = root.Client("app").Pem });
        var claimed = await host.Node.WriteAsync("auth/cert/login", body, new SecretText("")).Fails(FailureKind.Invalid);
        Assert.Equal("cert.none", claimed.Code);
    }

    [Fact]
    public async Task A_role_that_does_not_exist_answers_as_one_that_does_not_take_the_certificate()
    {
        await host.RoleAsync("web", TestPki.Root("other").Pem);
        var client = root.Client("app").With();
        var unknown = await host.TryLoginAsync(client, "nowhere").Fails(FailureKind.Invalid);
        Assert.Equal(unknown, await host.TryLoginAsync(client, "web").Fails(FailureKind.Invalid));
        Assert.Equal(unknown, await host.TryLoginAsync(client, "../x").Fails(FailureKind.Invalid));
        Assert.Equal(unknown, await host.TryLoginAsync(client).Fails(FailureKind.Invalid));
    }

    [Fact]
    public async Task Without_a_name_the_first_role_that_takes_the_certificate_is_meant()
    {
        await host.RoleAsync("a", TestPki.Root("other").Pem);
        await host.RoleAsync("b", root.Pem, new { allowed_common_names = "nobody" });
        await host.RoleAsync("c", root.Pem, new { token_bound_cidrs = "10.0.0.0/8" });
        await host.RoleAsync("d", root.Pem, new { token_policies = "d" });
        await host.RoleAsync("e", root.Pem);
        Assert.Equal("d", (await host.LoginAsync(root.Client("app").With())).Metadata["cert_name"]);
        await host.RefusedAsync(root.Client("app").With(), "c");
    }

    [Theory]
    [InlineData("allowed_common_names", "app.*")]
    [InlineData("allowed_common_names", "other,*.example")]
    [InlineData("allowed_dns_sans", "*.dns.example")]
    [InlineData("allowed_email_sans", "*@mail.example")]
    [InlineData("allowed_uri_sans", "spiffe://cluster.example/ns/*/sa/web")]
    [InlineData("allowed_organizational_units", "engineering")]
    [InlineData("allowed_names", "me@mail.example")]
    [InlineData("allowed_names", "a.dns.example")]
    [InlineData("allowed_names", "app.example")]
    [InlineData("required_extensions", "1.2.3.4:team-*")]
    [InlineData("required_extensions", "1.2.3.4:team-red,hex:1.2.3.5:0500")]
    [InlineData("required_extensions", "hex:1.2.3.4:0C*")]
    public async Task A_certificate_that_says_what_is_asked_is_taken(string field, string patterns)
    {
        await host.RoleAsync("web", root.Pem, new Dictionary<string, string> { [field] = patterns });
        await host.LoginAsync(Full().With());
    }

    [Theory]
    [InlineData("allowed_common_names", "app")]
    [InlineData("allowed_common_names", "APP.example")]
    [InlineData("allowed_common_names", "a.dns.example")]
    [InlineData("allowed_dns_sans", "app.example")]
    [InlineData("allowed_dns_sans", "dns.example")]
    [InlineData("allowed_email_sans", "*.dns.example")]
    [InlineData("allowed_uri_sans", "spiffe://cluster.example/ns/*/sa/api")]
    [InlineData("allowed_uri_sans", "spiffe://other/*")]
    [InlineData("allowed_organizational_units", "eng")]
    [InlineData("allowed_names", "spiffe://*")]
    [InlineData("required_extensions", "1.2.3.4:team-blue")]
    [InlineData("required_extensions", "1.2.3.4:team-red,1.2.3.6:*")]
    [InlineData("required_extensions", "1.2.3.5:*")]
    public async Task A_certificate_that_says_something_else_is_not(string field, string patterns)
    {
        await host.RoleAsync("web", root.Pem, new Dictionary<string, string> { [field] = patterns });
        await host.RefusedAsync(Full().With());
    }

    [Theory]
    [InlineData("allowed_common_names")]
    [InlineData("allowed_dns_sans")]
    [InlineData("allowed_email_sans")]
    [InlineData("allowed_uri_sans")]
    [InlineData("allowed_organizational_units")]
    public async Task A_name_that_is_asked_for_must_be_there(string field)
    {
        await host.RoleAsync("web", root.Pem, new Dictionary<string, string> { [field] = "*" });
        await host.LoginAsync(Full().With());
        await host.RefusedAsync(root.Issue(new Wanted { Subject = "O=nameless" }).With());
    }

    [Fact]
    public async Task All_that_is_asked_must_hold()
    {
        await host.RoleAsync("web", root.Pem, new { allowed_common_names = "app.example", allowed_dns_sans = "b.*" });
        await host.RefusedAsync(Full().With());
    }

    [Fact]
    public async Task Extensions_become_metadata_when_the_role_says_so()
    {
        await host.RoleAsync("web", root.Pem, new { allowed_metadata_extensions = "1.2.3.4,1.2.3.5,1.2.3.6" });
        var metadata = (await host.LoginAsync(Full().With())).Metadata;
        Assert.Equal("team-red", metadata["1-2-3-4"]);
        Assert.DoesNotContain("1-2-3-5", metadata.Keys);
        Assert.DoesNotContain("1-2-3-6", metadata.Keys);
    }

    [Fact]
    public async Task Both_nodes_obey_a_role_that_was_changed_or_deleted()
    {
        await host.RoleAsync("web", root.Pem);
        var client = root.Client("app").With();
        await host.LoginAsync(client);
        await host.WriteAsync("certs/web", new { allowed_common_names = "other" }).Ok();
        await host.RefusedAsync(client);
        await host.WriteAsync("certs/web", new { allowed_common_names = "" }).Ok();
        await host.Node.DeleteAsync("auth/cert/certs/web").Ok();
        await host.RefusedAsync(client);
    }

    [Fact]
    public async Task A_login_from_elsewhere_than_the_role_allows_is_refused()
    {
        await host.RoleAsync("web", root.Pem, new { token_bound_cidrs = "10.0.0.0/8" });
        var client = root.Client("app").With();
        await host.RefusedAsync(client);
        var allowed = await host.Node.AskAsync(
            Operation.Update, "auth/cert/login", "", new SecretText(""), client: IPAddress.Parse("10.1.2.3"), certificate: client);
        Assert.NotNull(allowed.Auth);
    }

    private TestPki Full()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteCharacterString(UniversalTagNumber.UTF8String, "team-red");
        return root.Issue(new Wanted
        {
            Subject = "CN=app.example, OU=engineering, OU=night shift",
            Dns = ["a.dns.example"],
            Emails = ["me@mail.example"],
            Uris = ["spiffe://cluster.example/ns/shop/sa/web"],
            More = [new X509Extension("1.2.3.4", writer.Encode(), false), new X509Extension("1.2.3.5", [5, 0], false)],
        });
    }
}
