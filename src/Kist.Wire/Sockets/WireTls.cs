using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Wire.Sockets;

/// <summary>Whom a TLS client trusts and what it shows.</summary>
public sealed class WireTls
{
    private readonly X509Certificate2Collection? authorities;
    private readonly SslStreamCertificateContext? certificate;

    private WireTls(X509Certificate2Collection? authorities, SslStreamCertificateContext? certificate)
    {
        this.authorities = authorities;
        this.certificate = certificate;
    }

    /// <summary>
    /// Whether the server must prove who it is. Without it, whoever sits between can read all that is said, the password included.
    /// </summary>
    public bool Verify { get; init; } = true;

    /// <summary>The name that the server's certificate must be for; null for the host that is connected to.</summary>
    public string? ServerName { get; init; }

    /// <summary>Reads PEM texts.</summary>
    /// <param name="authorities">The authorities to trust; null trusts what the system trusts.</param>
    /// <param name="certificate">The client's certificate, then its intermediates; null for none.</param>
    /// <param name="key">The certificate's private key, not encrypted. Certificate and key go together.</param>
    /// <param name="verify">See <see cref="Verify"/>.</param>
    /// <param name="serverName">See <see cref="ServerName"/>.</param>
    /// <exception cref="FormatException">A text is not what it should be. The message never repeats it.</exception>
    public static WireTls FromPem(string? authorities, string? certificate, string? key, bool verify = true, string? serverName = null)
    {
        if (certificate is null != key is null)
            throw new FormatException("a client certificate and its key go together: one of them is missing");
        return new WireTls(
            authorities is null ? null : Certificates("certificate authorities", authorities),
            certificate is null ? null : Context(certificate, key!))
        {
            Verify = verify,
            ServerName = serverName,
        };
    }

    /// <summary>What the stream is told.</summary>
    [SuppressMessage("Security", "CA5359", Justification = "What the caller has asked for, in so many words.")]
    internal SslClientAuthenticationOptions Options(string host)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = ServerName ?? host, ClientCertificateContext = certificate };
        if (!Verify)
            options.RemoteCertificateValidationCallback = TakeAny;
        else if (authorities is not null)
        {
            options.CertificateChainPolicy =
                new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        return options;
    }

    [SuppressMessage("Security", "S4830", Justification = "See above.")]
    private static bool TakeAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;

    private static SslStreamCertificateContext Context(string certificate, string key)
    {
        var chain = Certificates("client certificate", certificate);
        chain.RemoveAt(0);
        return Read(
            "client certificate and key",
            () => SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificate, key), chain, offline: true));
    }

    private static X509Certificate2Collection Certificates(string what, string pem)
    {
        var read = Read(what, () =>
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            return certificates;
        });
        return read.Count > 0 ? read : throw new FormatException($"the {what}: there is no PEM certificate");
    }

    private static T Read<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"the {what} cannot be read", e);
        }
    }
}
