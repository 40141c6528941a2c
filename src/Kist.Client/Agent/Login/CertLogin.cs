using System.Text.Json.Nodes;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;

namespace Kist.Client.Agent.Login;

/// <summary>
/// By a client certificate, on a connection of its own: certificate and key are read again at each login, for they are short-lived.
/// </summary>
internal sealed class CertLogin(AutoAuthConfig config, CertLoginConfig cert, Func<ClientSettings, KistClient> connect)
    : ILoginMethod, IDisposable
{
    private KistClient? last;

    public bool MakesToken => true;

    public async Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation)
    {
        var body = cert.Name.Length > 0 ? new JsonObject { ["name"] = cert.Name } : [];
        try
        {
            var own = connect(client.Settings with { Tls = Tls(client.Settings.Tls) });
            last?.Dispose();
            last = own;
            return LoginAnswer.Of((await own.SendAsync(LoginMethods.Request(config, body), cancellation)).EnsureSuccess());
        }
        catch (SettingException e)
        {
            throw new LoginException(e.Message);
        }
    }

    public KistClient ClientOf(KistClient usual) => last ?? usual;

    public void Dispose() => last?.Dispose();

    private TlsSettings Tls(TlsSettings tls) => tls with
    {
        // Servers ask for the login's certificate at a renewal, and not for one that has replaced it since.
        IsClientCertificateFixed = true,
        CaCertificate = cert.CaCert.Length > 0 ? cert.CaCert : tls.CaCertificate,
        ClientCertificate = cert.ClientCert.Length > 0 ? cert.ClientCert : tls.ClientCertificate,
        ClientKey = cert.ClientKey.Length > 0 ? cert.ClientKey : tls.ClientKey,
    };
}
