using System.Security.Cryptography.X509Certificates;
using Kist.Crypto.X509;

namespace Kist.Auth.Cert.Revocation;

/// <summary>A client's certificate and who vouches for it.</summary>
/// <param name="Certificates">From the client's own to the one that the role names; only the client's own when the role names that.</param>
/// <param name="PossibleIssuers">Of a certificate that stands alone: who may have issued it.</param>
internal sealed record CertificateWay(IReadOnlyList<X509Certificate2> Certificates, IReadOnlyList<X509Certificate2> PossibleIssuers)
{
    /// <summary>The client's own.</summary>
    public X509Certificate2 Own => Certificates[0];

    /// <summary>Who issued a certificate of the way, by name and by key.</summary>
    public IEnumerable<X509Certificate2> IssuersOf(int index)
    {
        if (index + 1 < Certificates.Count)
            return [Certificates[index + 1]];
        var certificate = Certificates[index];
        return PossibleIssuers.Where(issuer => issuer.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)
            && SignedData.IsIssuedBy(certificate, issuer));
    }
}
