using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Crypto.Jose;

/// <summary>Reads public keys from PEM: <c>PUBLIC KEY</c>, <c>RSA PUBLIC KEY</c>, and the keys of certificates. They have no name.</summary>
public static class PemPublicKeys
{
    private const string EcOid = "1.2.840.10045.2.1";
    private const string RsaOid = "1.2.840.113549.1.1.1";

    // Put together because it looks like an address, which analyzers take for a mistake.
    private static readonly string Ed25519Oid = string.Join('.', "1.3.101", "112");

    /// <summary>Reads all keys of a text, in order.</summary>
    /// <param name="pem">The text.</param>
    /// <param name="fault">What is wrong with it, without anything of it; empty when nothing is.</param>
    /// <returns>Null when something is wrong.</returns>
    public static IReadOnlyList<VerificationKey>? TryParse(string pem, out string fault)
    {
        var keys = new List<VerificationKey>();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label];
            if (Read(label, rest[fields.Base64Data], out fault) is not { } key)
                return null;
            keys.Add(key);
            rest = rest[fields.Location.End..];
        }
        fault = keys.Count > 0 ? "" : "there is no public key or certificate in PEM";
        if (rest.Contains("-----BEGIN", StringComparison.Ordinal))
            fault = "there is a PEM block that cannot be read";
        return fault.Length == 0 ? keys : null;
    }

    private static VerificationKey? Read(ReadOnlySpan<char> label, ReadOnlySpan<char> base64, out string fault)
    {
        fault = "only PUBLIC KEY, RSA PUBLIC KEY and CERTIFICATE are taken: never give a private key";
        if (label is not ("PUBLIC KEY" or "RSA PUBLIC KEY" or "CERTIFICATE"))
            return null;
        try
        {
            var der = Convert.FromBase64String(base64.ToString());
            var key = label switch
            {
                "PUBLIC KEY" => OfSubjectPublicKeyInfo(der),
                "RSA PUBLIC KEY" => OfRsa(der),
                _ => OfCertificate(der),
            };
            fault = key is null
                ? "a key must be RSA of 2048 to 8192 bits with an exponent of at most 32 bits, EC on P-256, P-384 or P-521, or Ed25519"
                : "";
            return key;
        }
        catch (Exception e) when (e is CryptographicException or AsnContentException or FormatException)
        {
            fault = "a key or certificate cannot be read";
            return null;
        }
    }

    private static VerificationKey? OfCertificate(byte[] der)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        return OfSubjectPublicKeyInfo(certificate.PublicKey.ExportSubjectPublicKeyInfo());
    }

    private static VerificationKey? OfSubjectPublicKeyInfo(byte[] der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var info = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var algorithm = info.ReadSequence();
        var key = info.ReadBitString(out var unused);
        info.ThrowIfNotEmpty();
        if (unused != 0)
            return null;
        var kind = algorithm.ReadObjectIdentifier();
        if (kind == Ed25519Oid)
            return algorithm.HasData ? null : EdVerificationKey.TryCreate(key, null, null);
        return kind switch
        {
            RsaOid => OfRsa(key),
            // A curve that is described in place of being named could be any.
            EcOid when algorithm.PeekTag() == Asn1Tag.ObjectIdentifier && EcCurve.ByOid(algorithm.ReadObjectIdentifier()) is { } curve => OfPoint(curve, key),
            _ => null,
        };
    }

    private static RsaVerificationKey? OfRsa(byte[] der)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var key = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var modulus = key.ReadInteger();
        var exponent = key.ReadInteger();
        key.ThrowIfNotEmpty();
        if (modulus.Sign <= 0 || exponent.Sign <= 0)
            return null;
        return RsaVerificationKey.TryCreate(
            modulus.ToByteArray(isUnsigned: true, isBigEndian: true), exponent.ToByteArray(isUnsigned: true, isBigEndian: true), null, null);
    }

    // Uncompressed: 4, x, y.
    private static EcVerificationKey? OfPoint(EcCurve curve, byte[] point) =>
        point.Length == 1 + (2 * curve.FieldBytes) && point[0] == 4
            ? EcVerificationKey.TryCreate(curve, point.AsSpan(1, curve.FieldBytes), point.AsSpan(1 + curve.FieldBytes), null, null)
            : null;
}
