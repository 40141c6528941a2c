using Kist.Core;
using Kist.Core.Tests.Certificates;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Cert;

/// <summary>Renewals, which ask for the certificate of the login.</summary>
public sealed class RenewalTests : IAsyncLifetime
{
    private readonly TestPki root = TestPki.Root("root");
    private CertHost host = null!;

    public async Task InitializeAsync()
    {
        host = await CertHost.StartAsync();
        await host.RoleAsync("web", root.Pem, new { token_policies = "p", token_ttl = "1h" });
    }

    public async Task DisposeAsync()
    {
        root.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_renewal_needs_the_certificate_of_the_login()
    {
        var client = root.Client("app");
        var token = (await host.LoginAsync(client.With())).ClientToken;
        await host.RenewAsync(token, client.With()).Ok();
        Assert.Equal("cert.other_certificate", (await host.RenewAsync(token, null).Fails(FailureKind.Invalid)).Code);
        Assert.Equal("cert.other_certificate", (await host.RenewAsync(token, root.Client("app").With()).Fails(FailureKind.Invalid)).Code);
        await host.WriteAsync("config", new { disable_binding = true }).Ok();
        await host.RenewAsync(token, null).Ok();
        await host.RenewAsync(token, root.Client("app").With()).Ok();
    }

    [Fact]
    public async Task An_accessor_and_a_lease_renew_no_token_past_its_certificate()
    {
        var client = root.Client("app");
        var auth = await host.LoginAsync(client.With());
        await host.Node.WriteAsync("auth/token/renew-accessor", $$"""{"accessor":"{{auth.Accessor}}"}""").Fails(FailureKind.Invalid);
        var lease = (await host.Node.ListAsync("sys/leases/lookup/auth/cert/login/").Ok()).Json().GetProperty("keys")[0].GetString();
        await host.Node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"auth/cert/login/{{lease}}"}""").Fails(FailureKind.Invalid);
    }

    [Fact]
    public async Task A_renewal_obeys_the_role_as_it_is_now()
    {
        var client = root.Client("app");
        var token = (await host.LoginAsync(client.With())).ClientToken;
        await host.WriteAsync("certs/web", new { token_ttl = "2h" }).Ok();
        Assert.Equal(TimeSpan.FromHours(2), (await host.RenewAsync(token, client.With()).Ok()).Auth!.Ttl);
        await host.WriteAsync("certs/web", new { allowed_common_names = "other" }).Ok();
        await host.RenewAsync(token, client.With()).Fails(FailureKind.Invalid);
        await host.WriteAsync("certs/web", new { allowed_common_names = "", token_policies = "q" }).Ok();
        Assert.Contains("policies have changed", (await host.RenewAsync(token, client.With()).Fails(FailureKind.Invalid)).Message);
        await host.Node.DeleteAsync("auth/cert/certs/web").Ok();
        Assert.Equal("cert.role_gone", (await host.RenewAsync(token, client.With()).Fails(FailureKind.Invalid)).Code);
        // Another role of its name is another.
        await host.RoleAsync("web", root.Pem, new { token_policies = "p", token_ttl = "1h" });
        Assert.Equal("cert.role_gone", (await host.RenewAsync(token, client.With()).Fails(FailureKind.Invalid)).Code);
    }

    [Fact]
    public async Task A_token_is_not_renewed_when_its_certificate_was_revoked()
    {
        var client = root.Client("app");
        var token = (await host.LoginAsync(client.With())).ClientToken;
        await host.WriteAsync("crls/all", new { crl = root.Crl([client]) }).Ok();
        Assert.Equal("cert.other_certificate", (await host.RenewAsync(token, client.With()).Fails(FailureKind.Invalid)).Code);
    }
}
