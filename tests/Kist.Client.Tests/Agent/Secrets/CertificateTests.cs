using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Kist.Client.Agent.Secrets;

namespace Kist.Client.Tests.Agent.Secrets;

/// <summary>Certificates are kept while they are good, over a restart too, and issued anew in time.</summary>
public sealed class CertificateTests : IDisposable
{
    private const string Template = """{{ with pkiCert "pki/issue/web" "common_name=web.test" }}{{ .Cert }}{{ .CA }}{{ .Key }}{{ end }}""";

    private readonly TemplateWorld world = new();
    private readonly ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 authority;
    private int issued;

    public CertificateTests()
    {
        var request = new CertificateRequest("CN=authority", authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authority = request.CreateSelfSigned(world.Clock.GetUtcNow().AddDays(-1), world.Clock.GetUtcNow().AddYears(1));
        world.Server.On("PUT pki/issue/web", _ => (200, new JsonObject { ["data"] = Issue("web.test") }.ToJsonString()));
    }

    public void Dispose()
    {
        authority.Dispose();
        authorityKey.Dispose();
        world.Dispose();
    }

    [Fact]
    public async Task Certificate_is_issued_once_kept_over_a_restart_and_issued_anew_before_it_ends()
    {
        await RunAsync(async () => await world.UntilAsync(() => world.Read("web.pem").Length > 0));
        var first = world.Read("web.pem");
        Assert.Contains("-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----", first, StringComparison.Ordinal);

        await RunAsync(async () =>
        {
            await world.UntilAsync(() => world.Status.Parts.All(p => p.IsGood));
            Assert.Equal((1, first), (issued, world.Read("web.pem")));
            await world.PassAsync(TimeSpan.FromMinutes(50));
            Assert.Equal(1, issued);
            await world.UntilAsync(() => world.Read("web.pem") != first, TimeSpan.FromSeconds(10));
            Assert.Equal(2, issued);
        });
        Assert.True(world.Clock.GetUtcNow() < DateTimeOffset.UnixEpoch.AddYears(56).AddMinutes(59));
    }

    [Fact]
    public void Certificate_of_another_name_without_key_without_issuer_or_about_to_end_is_not_kept()
    {
        var data = Issue("web.test");
        var (certificate, key, ca) = ($"{data["certificate"]}\n", $"{data["private_key"]}\n", $"{data["issuing_ca"]}\n");
        var wanted = new Dictionary<string, string> { ["common_name"] = "web.test" };
        var now = world.Clock.GetUtcNow();
        Assert.NotNull(Certificates.Reusable(key + ca + certificate, wanted, now));
        Assert.Null(Certificates.Reusable(certificate + ca, wanted, now));
        Assert.Null(Certificates.Reusable(certificate + key, wanted, now));
        Assert.Null(Certificates.Reusable(certificate + ca + Issue("web.test")["private_key"], wanted, now));
        Assert.Null(Certificates.Reusable(certificate + key + ca, new Dictionary<string, string> { ["common_name"] = "other.test" }, now));
        Assert.Null(Certificates.Reusable(certificate + key + ca, wanted, now.AddMinutes(55)));
        Assert.Null(Certificates.Reusable("no PEM at all", wanted, now));
    }

    private async Task RunAsync(Func<Task> look)
    {
        await using var templates = world.Templates(world.To("web.pem", Template));
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await look();
    }

    private JsonObject Issue(string name)
    {
        issued++;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var now = world.Clock.GetUtcNow();
        using var certificate = request.Create(authority, now, now.AddHours(1), RandomNumberGenerator.GetBytes(8));
        return new JsonObject
        {
            ["certificate"] = certificate.ExportCertificatePem(),
            ["private_key"] = key.ExportECPrivateKeyPem(),
            ["issuing_ca"] = authority.ExportCertificatePem(),
        };
    }
}
