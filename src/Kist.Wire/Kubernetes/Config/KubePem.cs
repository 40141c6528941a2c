using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Kubernetes.Config;

/// <summary>Reads PEM texts. Messages name where a text came from and never repeat it.</summary>
internal static class KubePem
{
    /// <summary>The authorities in a text.</summary>
    public static X509Certificate2Collection Authorities(string pem, string origin)
    {
        var certificates = Certificates(pem, origin);
        return certificates.Count > 0 ? certificates : throw Unusable($"{origin}: there is no PEM certificate");
    }

    /// <summary>A credential with a certificate, whose intermediates may follow it, and its key.</summary>
    public static KubeCredential WithCertificate(KubeCredential credential, string certificate, string key, string origin)
    {
        var chain = Certificates(certificate, origin);
        if (chain.Count > 0)
            chain.RemoveAt(0);
        return credential.With(Try(origin, () => X509Certificate2.CreateFromPem(certificate, key)), chain);
    }

    private static X509Certificate2Collection Certificates(string pem, string origin) => Try(origin, () =>
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates;
    });

    private static T Try<T>(string origin, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (CryptographicException e)
        {
            throw Unusable($"{origin}: the certificate or its key cannot be used: {e.Message}");
        }
    }

    private static KubeException Unusable(string message) => new(KubeError.Credentials, message);
}
