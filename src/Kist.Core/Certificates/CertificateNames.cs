using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Core.Certificates;

/// <summary>What a certificate says of its subject, as far as names are asked for.</summary>
public sealed record CertificateNames
{
    /// <summary>
    /// Most names of a certificate that is looked at: anybody can make one with thousands, and each is held against the patterns of every role.
    /// </summary>
    public const int Most = 256;

    private const string AlternativeNames = "2.5.29.17";
    private const string CommonNameType = "2.5.4.3";
    private const string OrganizationalUnitType = "2.5.4.11";
    private static readonly Asn1Tag EmailTag = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag DnsTag = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag UriTag = new(TagClass.ContextSpecific, 6);

    /// <summary>The common name; the last when there are several, empty when there is none.</summary>
    public string CommonName { get; private init; } = "";

    /// <summary>Organizational units.</summary>
    public IReadOnlyList<string> OrganizationalUnits { get; private init; } = [];

    /// <summary>DNS names among the alternative names.</summary>
    public IReadOnlyList<string> Dns { get; private init; } = [];

    /// <summary>Mail addresses among the alternative names.</summary>
    public IReadOnlyList<string> Emails { get; private init; } = [];

    /// <summary>URIs among the alternative names, SPIFFE ids for example.</summary>
    public IReadOnlyList<string> Uris { get; private init; } = [];

    /// <summary>All alternative names.</summary>
    public IEnumerable<string> Alternative => [.. Dns, .. Emails, .. Uris];

    /// <summary>Reads the names; null when one of them cannot be read, when the alternative ones stand there twice, or when there are too many.</summary>
    public static CertificateNames? Of(X509Certificate2 certificate)
    {
        try
        {
            var subject = ReadSubject(certificate.SubjectName.RawData);
            var extensions = certificate.Extensions.Where(e => e.Oid?.Value == AlternativeNames).ToList();
            if (extensions.Count > 1)
                return null;
            var names = extensions.Count == 0 ? subject : WithAlternative(subject, extensions[0].RawData);
            return names.OrganizationalUnits.Count + names.Alternative.Count() <= Most ? names : null;
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    private static CertificateNames ReadSubject(byte[] der)
    {
        var commonName = "";
        var units = new List<string>();
        var names = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var set = names.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                switch (attribute.ReadObjectIdentifier())
                {
                    case CommonNameType:
                        commonName = CertificateText.Read(attribute);
                        break;
                    case OrganizationalUnitType:
                        units.Add(CertificateText.Read(attribute));
                        break;
                    default:
                        break;
                }
            }
        }
        return new CertificateNames { CommonName = commonName, OrganizationalUnits = units };
    }

    private static CertificateNames WithAlternative(CertificateNames subject, byte[] der)
    {
        var (dns, emails, uris) = (new List<string>(), new List<string>(), new List<string>());
        var names = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            if (tag == DnsTag)
                dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else if (tag == EmailTag)
                emails.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else if (tag == UriTag)
                uris.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, tag));
            else
                names.ReadEncodedValue();
        }
        return subject with { Dns = dns, Emails = emails, Uris = uris };
    }
}

/// <summary>Text of any of ASN.1's kinds.</summary>
public static class CertificateText
{
    /// <summary>Reads the next value.</summary>
    /// <exception cref="AsnContentException">It is no text.</exception>
    public static string Read(AsnReader reader)
    {
        var tag = reader.PeekTag();
        return tag.TagClass == TagClass.Universal && IsText((UniversalTagNumber)tag.TagValue)
            ? reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : throw new AsnContentException("not a text");
    }

    private static bool IsText(UniversalTagNumber tag) => tag is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString
        or UniversalTagNumber.IA5String or UniversalTagNumber.BMPString or UniversalTagNumber.T61String or UniversalTagNumber.NumericString
        or UniversalTagNumber.VisibleString;
}
