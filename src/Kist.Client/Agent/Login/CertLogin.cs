using System.Text.Json.Nodes;
using Kist.Client.Agent.Configuration;
using Kist.Client.Settings;

namespace Kist.Client.Agent.Login;

/// <summary>By a client certificate, on a connection of its own: certificate and key are read again at each login, for they are short-lived.</summary>
internal sealed class CertLogin(AutoAuthConfig config, CertLoginConfig cert, Func<ClientSettings, KistClient> connect) : ILoginMethod
{
    public bool MakesToken => true;

    public async Task<LoginAnswer> LoginAsync(KistClient client, CancellationToken cancellation)
    {
        var body = cert.Name.Length > 0 ? new JsonObject { ["name"] = cert.Name } : [];
        try
        {
            using var own = connect(client.Settings with { Tls = Tls(client.Settings.Tls) });
            return LoginAnswer.Of((await own.SendAsync(LoginMethods.Request(config, body), cancellation)).EnsureSuccess());
        }
        catch (SettingException e)
        {
            throw new LoginException(e.Message);
        }
    }

    private TlsSettings Tls(TlsSettings tls) => tls with
    {
        CaCertificate = cert.CaCert.Length > 0 ? cert.CaCert : tls.CaCertificate,
        ClientCertificate = cert.ClientCert.Length > 0 ? cert.ClientCert : tls.ClientCertificate,
        ClientKey = cert.ClientKey.Length > 0 ? cert.ClientKey : tls.ClientKey,
    };
}
