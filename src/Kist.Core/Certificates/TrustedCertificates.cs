using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Core.Certificates;

/// <summary>Certificates that a role names, read from PEM. Kept as long as the record that names them; their handles go with it.</summary>
public sealed class TrustedCertificates
{
    private const int Most = 32;

    private TrustedCertificates(IReadOnlyList<X509Certificate2> all) => All = all;

    /// <summary>None.</summary>
    public static TrustedCertificates None { get; } = new([]);

    /// <summary>In the order given.</summary>
    public IReadOnlyList<X509Certificate2> All { get; }

    /// <summary>Those that vouch for others.</summary>
    public IEnumerable<X509Certificate2> Authorities => All.Where(c => c.IsAuthority());

    /// <summary>The PEM in its usual form, without what stood between the certificates.</summary>
    public string Pem => string.Join('\n', All.Select(c => c.ExportCertificatePem())) + "\n";

    /// <summary>Reads PEM, or what is wrong with it.</summary>
    /// <param name="pem">One or more certificates.</param>
    /// <param name="field">Named in the message.</param>
    public static Outcome<TrustedCertificates> Read(string pem, string field)
    {
        if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
            return Invalid(field, "holds a private key, which belongs nowhere but to its holder: give the certificate alone");
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            return Invalid(field, "holds a certificate that cannot be read");
        }
        if (all.Any(c => !c.CanBeRead()))
            return Invalid(field, "holds a certificate that cannot be read");
        if (all.Count == 0)
            return Invalid(field, "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
        return all.Count <= Most ? new TrustedCertificates([.. all]) : Invalid(field, $"holds more than {Most} certificates");
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("certificate.invalid", $"field \"{field}\": {what}");
}
