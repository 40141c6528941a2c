using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Engines.Database.Stored;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>
/// The certificates of a connection. Npgsql by itself also takes those of the server's own user, from its files and its environment: they would show one
/// operator's identity to another's database. So all that decides is set here, for each handshake.
/// </summary>
internal sealed class PostgresTls : IDisposable
{
    private readonly SslMode mode;
    private readonly X509Certificate2Collection roots = [];
    private readonly SslStreamCertificateContext? client;

    /// <summary>Reads the certificates.</summary>
    /// <param name="details">Settings.</param>
    /// <param name="mode">How the database's certificate is checked.</param>
    /// <param name="asClient">Whether the connection's own certificate is shown.</param>
    /// <exception cref="CryptographicException">They cannot be read.</exception>
    /// <exception cref="ArgumentException">The key is not the certificate's.</exception>
    public PostgresTls(ConnectionDetails details, SslMode mode, bool asClient)
    {
        this.mode = mode;
        if (details.TlsCa.Length > 0)
        {
            roots.ImportFromPem(details.TlsCa);
            if (roots.Count == 0)
                throw new CryptographicException("no certificate");
        }
        if (asClient && details.PrivateKey is { } key)
            client = Client(details.TlsCertificate, key.Reveal());
    }

    /// <summary>What Npgsql is to do. Its own checks would look for files: the handshake's are those of <see cref="Apply"/>.</summary>
    public SslMode Negotiation => Verifies ? SslMode.Require : mode;

    private bool Verifies => mode is SslMode.VerifyCA or SslMode.VerifyFull;

    /// <summary>Sets all that a handshake is decided by.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        options.ClientCertificates = null;
        options.ClientCertificateContext = client;
        if (!Verifies)
            return;
        if (roots.Count > 0)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }
        var allowed = mode == SslMode.VerifyCA ? SslPolicyErrors.RemoteCertificateNameMismatch : SslPolicyErrors.None;
        options.RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~allowed) == SslPolicyErrors.None;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var root in roots)
            root.Dispose();
        if (client is null)
            return;
        client.TargetCertificate.Dispose();
        foreach (var certificate in client.IntermediateCertificates)
            certificate.Dispose();
    }

    // The first is the user's own; those behind it vouch for it, and are sent with it.
    private static SslStreamCertificateContext Client(string certificates, string key)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(certificates);
        try
        {
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificates, key), chain, offline: true);
        }
        finally
        {
            foreach (var certificate in chain)
                certificate.Dispose();
        }
    }
}
