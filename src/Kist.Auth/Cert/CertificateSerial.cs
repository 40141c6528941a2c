using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Crypto.X509;

namespace Kist.Auth.Cert;

/// <summary>Numbers that name certificates and keys.</summary>
internal static class CertificateSerial
{
    // RFC 5280 section 4.1.2.2 allows 20.
    private const int LongestSerial = 64;

    /// <summary>The serial number; null when it is longer than any authority makes it.</summary>
    public static BigInteger? Of(X509Certificate2 certificate)
    {
        if (!SignedData.TryRead(certificate.RawDataMemory, out var signed))
            return null;
        try
        {
            var fields = new AsnReader(signed.Content, AsnEncodingRules.DER).ReadSequence();
            if (fields.PeekTag() == new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true))
                fields.ReadEncodedValue();
            return Read(fields);
        }
        catch (AsnContentException)
        {
            return null;
        }
    }

    /// <summary>Reads a serial number; null when it is longer than any authority makes it.</summary>
    /// <exception cref="AsnContentException">The next value is no number.</exception>
    public static BigInteger? Read(AsnReader reader)
    {
        var bytes = reader.ReadIntegerBytes();
        return bytes.Length <= LongestSerial ? new BigInteger(bytes.Span, isUnsigned: false, isBigEndian: true) : null;
    }

    /// <summary>The certificate's own key identifier, in hex with colons; empty when it has none.</summary>
    public static string SubjectKeyOf(X509Certificate2 certificate) =>
        Identifier(() => certificate.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes);

    /// <summary>Its issuer's key identifier, in hex with colons; empty when it names none.</summary>
    public static string AuthorityKeyOf(X509Certificate2 certificate) =>
        Identifier(() => certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier);

    private static string Identifier(Func<ReadOnlyMemory<byte>?> read)
    {
        try
        {
            return read() is { } bytes ? string.Join(':', Convert.ToHexStringLower(bytes.Span).Chunk(2).Select(pair => new string(pair))) : "";
        }
        catch (CryptographicException)
        {
            return "";
        }
    }
}
