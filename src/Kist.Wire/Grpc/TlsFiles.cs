using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Wire.Grpc;

/// <summary>Reads what a TLS client needs from PEM files.</summary>
public static class TlsFiles
{
    /// <summary>Options for a client.</summary>
    /// <param name="authorities">File of the authorities to trust; null trusts what the system trusts.</param>
    /// <param name="certificate">The client's certificate, then its intermediates; null for none.</param>
    /// <param name="key">The certificate's private key, not encrypted. Certificate and key go together.</param>
    /// <exception cref="TlsFileException">A file cannot be read or is not what it should be; the message names it.</exception>
    public static SslClientAuthenticationOptions Read(string? authorities, string? certificate, string? key)
    {
        var options = new SslClientAuthenticationOptions();
        if (authorities is not null)
            options.CertificateChainPolicy = Trusting(Certificates("certificate authorities", authorities));
        if (certificate is not null && key is not null)
            options.ClientCertificateContext = Context(certificate, key);
        else if (certificate is not null || key is not null)
            throw new TlsFileException("a client certificate and its key go together: one of them is missing");
        return options;
    }

    private static X509ChainPolicy Trusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static SslStreamCertificateContext Context(string certificate, string key)
    {
        var chain = Certificates("client certificate", certificate);
        chain.RemoveAt(0);
        var own = Load("client certificate and key", $"{certificate} and {key}", () => X509Certificate2.CreateFromPemFile(certificate, key));
        return SslStreamCertificateContext.Create(own, chain, offline: true);
    }

    private static X509Certificate2Collection Certificates(string what, string path)
    {
        var certificates = Load(what, path, () =>
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPemFile(path);
            return read;
        });
        return certificates.Count > 0 ? certificates : throw new TlsFileException($"cannot read the {what} {path}: it holds no PEM certificate");
    }

    private static T Load<T>(string what, string path, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new TlsFileException($"cannot read the {what} {path}: {e.Message}", e);
        }
    }
}

/// <summary>A PEM file cannot be used. The message names it and never repeats its content.</summary>
public sealed class TlsFileException : Exception
{
    /// <summary>With the reason.</summary>
    public TlsFileException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
