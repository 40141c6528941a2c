using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Kist.Crypto.Tests.Jose;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>A pod that must show two independent proofs on one connection: the token of its account, and a client certificate.</summary>
public sealed class TwoProofsTests
{
    private const string Issuer = "https://cluster.test";

    [Fact]
    public async Task A_role_may_ask_for_the_accounts_token_and_a_certificate_and_takes_neither_alone()
    {
        using var cluster = TestSigner.Ec();
        using var mesh = TestAuthority.Create("mesh");
        using var stranger = TestAuthority.Create("mesh");
        using var own = mesh.IssueClient("web");
        using var foreign = stranger.IssueClient("web");
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        await server.InitializeAsync();
        await SetUpAsync(server, cluster, mesh);
        var token = cluster.Sign(Claims("shop"));
        using var forger = TestSigner.Ec();

        Assert.Equal(HttpStatusCode.OK, await LoginAsync(server, token, own));
        Assert.Equal(HttpStatusCode.Forbidden, await LoginAsync(server, token, null));
        Assert.Equal(HttpStatusCode.Forbidden, await LoginAsync(server, token, foreign));
        Assert.Equal(HttpStatusCode.Forbidden, await LoginAsync(server, forger.Sign(Claims("shop")), own));
        Assert.Equal(HttpStatusCode.Forbidden, await LoginAsync(server, cluster.Sign(Claims("bank")), own));
    }

    private static async Task SetUpAsync(KistServer server, TestSigner cluster, TestAuthority mesh)
    {
        (await server.Api.WriteAsync("sys/auth/kubernetes", new { type = "kubernetes" })).Good();
        (await server.Api.WriteAsync("auth/kubernetes/config", new
        {
            kubernetes_host = "https://127.0.0.1:1",
            pem_keys = new[] { cluster.Pem },
            issuer = Issuer,
            disable_local_ca_jwt = true,
            token_verification = "local",
        })).Good();
        (await server.Api.WriteAsync("auth/kubernetes/role/web", new
        {
            bound_service_account_names = "web",
            bound_service_account_namespaces = "shop",
            login_certificate_authorities = mesh.Certificate.ExportCertificatePem(),
            token_bound_cidrs = "127.0.0.0/8",
            login_hours = "00:00-24:00",
        })).Good();
    }

    private static async Task<HttpStatusCode> LoginAsync(KistServer server, string token, X509Certificate2? certificate)
    {
        var shown = certificate is null ? null : SslStreamCertificateContext.Create(certificate, [], offline: true);
        using var api = new ApiClient(server.Address, server.AuthorityFile, shown);
        return (await api.WriteAsync("auth/kubernetes/login", new { jwt = token, role = "web" })).Status;
    }

    private static string Claims(string ns) => JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["iss"] = Issuer,
        ["sub"] = $"system:serviceaccount:{ns}:web",
        ["aud"] = new[] { Issuer },
        ["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600,
        ["kubernetes.io"] = new { @namespace = ns, serviceaccount = new { name = "web", uid = "u-1" } },
    });
}
