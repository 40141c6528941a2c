using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Kubernetes.Transport;

/// <summary>Connections to the API server. A new client certificate gets new ones; those under the old one end with their requests.</summary>
internal sealed class KubeConnections(KubeOptions options) : IDisposable
{
    private readonly Lock mutex = new();
    private readonly List<HttpClient> clients = [];
    private X509Certificate2? certificate;

    public HttpClient For(KubeCredential credential)
    {
        lock (mutex)
        {
            if (clients.Count == 0 || !ReferenceEquals(credential.Certificate, certificate))
            {
                certificate = credential.Certificate;
                clients.Add(Create(credential));
            }
            return clients[^1];
        }
    }

    public void Dispose()
    {
        foreach (var client in clients)
            client.Dispose();
    }

    private HttpClient Create(KubeCredential credential)
    {
        var connection = options.Connection;
        var handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            // A token goes to the server that the kubeconfig names, and nowhere else.
            AllowAutoRedirect = false,
            ConnectTimeout = options.ConnectTimeout,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            SslOptions = Tls(connection, credential),
            UseCookies = false,
            UseProxy = connection.Proxy is not null,
            Proxy = connection.Proxy is { } proxy ? new WebProxy(proxy) : null,
        };
        return new HttpClient(handler)
        {
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    [SuppressMessage("Security", "S4830", Justification = "The kubeconfig asks for it in so many words.")]
    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;

    [SuppressMessage("Security", "CA5359", Justification = "The kubeconfig asks for it in so many words.")]
    private static SslClientAuthenticationOptions Tls(Config.KubeConnection connection, KubeCredential credential)
    {
        var tls = new SslClientAuthenticationOptions();
        if (connection.Authorities is { } authorities)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        if (connection.TrustsAnyServer)
            tls.RemoteCertificateValidationCallback = AcceptAny;
        if (credential.Certificate is { } own)
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(own, credential.Intermediates, offline: true);
        return tls;
    }
}
