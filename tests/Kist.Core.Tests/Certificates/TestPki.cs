using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Core.Certificates;
using Kist.Crypto.X509;

namespace Kist.Core.Tests.Certificates;

/// <summary>What a certificate shall say, right or wrong.</summary>
public sealed record Wanted
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public string Subject { get; init; } = "CN=somebody";

    /// <summary>What basic constraints say; null leaves them out.</summary>
    public bool? Authority { get; init; } = false;

    public int? PathLength { get; init; }

    public X509KeyUsageFlags? KeyUsage { get; init; } = X509KeyUsageFlags.DigitalSignature;

    public IReadOnlyList<string> Usages { get; init; } = [TestPki.ClientUsage];

    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> Emails { get; init; } = [];

    public IReadOnlyList<string> Uris { get; init; } = [];

    public IReadOnlyList<X509Extension> More { get; init; } = [];

    public DateTimeOffset From { get; init; } = Now.AddHours(-1);

    public DateTimeOffset Until { get; init; } = Now.AddDays(2);

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

    public byte[]? Serial { get; init; }

    /// <summary>An authority as it should be.</summary>
    public static Wanted AnAuthority(string name) => new()
    {
        Subject = "CN=" + name,
        Authority = true,
        KeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign,
        Usages = [],
    };
}

/// <summary>A certificate and its key. <see cref="TestPki"/> makes it as it is told to and checks nothing.</summary>
public sealed class TestPki : IDisposable
{
    public const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    public const string ServerUsage = "1.3.6.1.5.5.7.3.1";

    private readonly AsymmetricAlgorithm key;

    private TestPki(X509Certificate2 certificate, AsymmetricAlgorithm key)
    {
        Certificate = certificate;
        this.key = key;
    }

    /// <summary>Without its key.</summary>
    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    public X509SignatureGenerator Signer => SignerOf(key);

    public static TestPki Root(string name) => SelfSigned(Wanted.AnAuthority(name));

    public static TestPki SelfSigned(Wanted wanted, int rsaBits = 0)
    {
        var own = NewKey(rsaBits);
        return Make(wanted, own, new X500DistinguishedName(wanted.Subject), SignerOf(own));
    }

    public TestPki Issue(Wanted wanted, int rsaBits = 0) =>
        Make(wanted, NewKey(rsaBits), Certificate.SubjectName, wanted.Hash == HashAlgorithmName.SHA1 ? new OldSigner((ECDsa)key) : Signer);

    public TestPki Intermediate(string name) => Issue(Wanted.AnAuthority(name));

    public TestPki Client(string commonName) => Issue(new Wanted { Subject = "CN=" + commonName });

    /// <summary>As the client of a connection shows it.</summary>
    public ClientCertificate With(params TestPki[] others) => new(Certificate.RawData, [.. others.Select(o => (ReadOnlyMemory<byte>)o.Certificate.RawData)]);

    public byte[] Sign(byte[] data) => ((ECDsa)key).SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>A certificate of this authority, changed by who knows how and signed again.</summary>
    public ClientCertificate SignChanged(TestPki issued, Func<byte[], byte[]> change)
    {
        Assert.True(SignedData.TryRead(issued.Certificate.RawData, out var signed));
        var content = change(signed.Content.ToArray());
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(content);
            writer.WriteEncodedValue(Signer.GetSignatureAlgorithmIdentifier(HashAlgorithmName.SHA256));
            writer.WriteBitString(Sign(content));
        }
        return new ClientCertificate(writer.Encode(), []);
    }

    /// <summary>A revocation list of this authority, PEM.</summary>
    public string Crl(IEnumerable<TestPki> revoked, DateTimeOffset? thisUpdate = null, DateTimeOffset? nextUpdate = null)
    {
        var builder = new CertificateRevocationListBuilder();
        foreach (var one in revoked)
            builder.AddEntry(one.Certificate, TimeProvider.System.GetUtcNow().AddMinutes(-1));
        var now = TimeProvider.System.GetUtcNow();
        var der = builder.Build(
            Certificate.SubjectName, Signer, 1, nextUpdate ?? now.AddDays(1), HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromIssuerNameAndSerialNumber(Certificate.SubjectName, Certificate.SerialNumberBytes.Span),
            thisUpdate ?? now.AddMinutes(-1));
        return PemEncoding.WriteString("X509 CRL", der);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        key.Dispose();
    }

    private static AsymmetricAlgorithm NewKey(int rsaBits) => rsaBits > 0 ? RSA.Create(rsaBits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static X509SignatureGenerator SignerOf(AsymmetricAlgorithm key) =>
        key is RSA rsa ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1) : X509SignatureGenerator.CreateForECDsa((ECDsa)key);

    private static TestPki Make(Wanted wanted, AsymmetricAlgorithm key, X500DistinguishedName issuer, X509SignatureGenerator signer)
    {
        var request = new CertificateRequest(new X500DistinguishedName(wanted.Subject), new PublicKey(key), wanted.Hash);
        if (wanted.Authority is { } authority)
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, wanted.PathLength is not null, wanted.PathLength ?? 0, true));
        if (wanted.KeyUsage is { } usage)
            request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        if (wanted.Usages.Count > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. wanted.Usages.Select(u => new Oid(u))], false));
        if (wanted.Dns.Count + wanted.Emails.Count + wanted.Uris.Count > 0)
            request.CertificateExtensions.Add(Names(wanted));
        foreach (var more in wanted.More)
            request.CertificateExtensions.Add(more);
        var serial = wanted.Serial ?? [1, .. RandomNumberGenerator.GetBytes(15)];
        return new TestPki(request.Create(issuer, signer, wanted.From, wanted.Until, serial), key);
    }

    private static X509Extension Names(Wanted wanted)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var dns in wanted.Dns)
            names.AddDnsName(dns);
        foreach (var email in wanted.Emails)
            names.AddEmailAddress(email);
        foreach (var uri in wanted.Uris)
            names.AddUri(new Uri(uri));
        return names.Build();
    }
}

/// <summary>Signs with ECDSA and SHA-1, which the base library does not do any more.</summary>
internal sealed class OldSigner(ECDsa key) : X509SignatureGenerator
{
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [0x30, 9, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 1];

    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
        key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);

    protected override PublicKey BuildPublicKey() => new(key);
}
