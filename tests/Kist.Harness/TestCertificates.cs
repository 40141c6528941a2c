using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Harness;

/// <summary>A certificate authority made for one run and a server certificate for 127.0.0.1 and localhost, as PEM files.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly TestAuthority authority = TestAuthority.Create("Kist test authority");

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
        File.WriteAllText(files.AuthorityFile, files.authority.Certificate.ExportCertificatePem());
        files.Renew();
        return files;
    }

    /// <summary>Replaces the server's certificate and key; answers the new certificate's serial number.</summary>
    public string Renew()
    {
        using var server = authority.IssueServer();
        using var key = server.GetECDsaPrivateKey()!;
        File.WriteAllText(CertificateFile, server.ExportCertificatePem());
        WritePrivate(KeyFile, key.ExportPkcs8PrivateKeyPem());
        return server.SerialNumber;
    }

    /// <summary>Writes a client's certificate and key, mode 0600, beside the authority's.</summary>
    /// <param name="name">The client's name and, for Kubernetes, its groups: <c>jo, O=system:masters</c>.</param>
    /// <param name="fileName">The files' name, without ending.</param>
    public (string CertificateFile, string KeyFile) WriteClient(string name, string fileName)
    {
        var path = Path.Combine(Path.GetDirectoryName(AuthorityFile)!, fileName);
        using var client = authority.IssueClient(name);
        using var key = client.GetECDsaPrivateKey()!;
        File.WriteAllText($"{path}.pem", client.ExportCertificatePem());
        WritePrivate($"{path}.key", key.ExportPkcs8PrivateKeyPem());
        return ($"{path}.pem", $"{path}.key");
    }

    /// <inheritdoc/>
    public void Dispose() => authority.Dispose();

    private static void WritePrivate(string file, string text)
    {
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}

/// <summary>An authority that issues certificates, itself or through others.</summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    private TestAuthority(X509Certificate2 certificate) => Certificate = certificate;

    /// <summary>The authority's own certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>An authority that vouches for itself.</summary>
    public static TestAuthority Create(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new TestAuthority(Authority(name, key).CreateSelfSigned(Start, Start + Lifetime));
    }

    /// <summary>An authority that this one vouches for.</summary>
    public TestAuthority Intermediate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new TestAuthority(Sign(Authority(name, key), key));
    }

    /// <summary>A server certificate for 127.0.0.1 and localhost, with its key.</summary>
    public X509Certificate2 IssueServer()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        var request = Leaf("localhost", key);
        request.CertificateExtensions.Add(names.Build());
        return Sign(request, key);
    }

    /// <summary>A client certificate, with its key.</summary>
    public X509Certificate2 IssueClient(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Leaf(name, key);
        // Client authentication.
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false));
        return Sign(request, key);
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static DateTimeOffset Start => TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1);

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static CertificateRequest Leaf(string name, ECDsa key)
    {
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        return request;
    }

    private X509Certificate2 Sign(CertificateRequest request, ECDsa key)
    {
        using var signed = request.Create(Certificate, Start, new DateTimeOffset(Certificate.NotAfter), RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }
}
