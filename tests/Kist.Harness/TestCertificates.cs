using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Harness;

/// <summary>A certificate authority made for one run and a server certificate for 127.0.0.1 and localhost, as PEM files.</summary>
public sealed class TestCertificates
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    private TestCertificates(string directory)
    {
        AuthorityFile = Path.Combine(directory, "ca.pem");
        CertificateFile = Path.Combine(directory, "server.pem");
        KeyFile = Path.Combine(directory, "server.key");
    }

    /// <summary>What clients trust.</summary>
    public string AuthorityFile { get; }

    /// <summary>The server's certificate.</summary>
    public string CertificateFile { get; }

    /// <summary>The server's private key, mode 0600.</summary>
    public string KeyFile { get; }

    /// <summary>Makes the files in <paramref name="directory"/>.</summary>
    public static TestCertificates Create(string directory)
    {
        var files = new TestCertificates(directory);
        var start = TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Authority(authorityKey).CreateSelfSigned(start, start + Lifetime);
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = Server(serverKey).Create(authority, start, start + Lifetime, RandomNumberGenerator.GetBytes(16));
        File.WriteAllText(files.AuthorityFile, authority.ExportCertificatePem());
        File.WriteAllText(files.CertificateFile, server.ExportCertificatePem());
        File.WriteAllText(files.KeyFile, serverKey.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(files.KeyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return files;
    }

    private static CertificateRequest Authority(ECDsa key)
    {
        var request = new CertificateRequest("CN=Kist test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static CertificateRequest Server(ECDsa key)
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        return request;
    }
}
