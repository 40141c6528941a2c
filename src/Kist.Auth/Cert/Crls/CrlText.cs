using System.Security.Cryptography;
using System.Text;

namespace Kist.Auth.Cert.Crls;

/// <summary>The forms that revocation lists come in.</summary>
internal static class CrlText
{
    private const string Label = "X509 CRL";

    /// <summary>The DER in a PEM text; null when there is no list or more than one.</summary>
    public static byte[]? Read(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields) || !pem.AsSpan()[fields.Label].SequenceEqual(Label))
            return null;
        if (PemEncoding.TryFind(pem.AsSpan()[fields.Location.End..], out _))
            return null;
        var der = new byte[fields.DecodedDataLength];
        return Convert.TryFromBase64Chars(pem.AsSpan()[fields.Base64Data], der, out var length) ? der[..length] : null;
    }

    /// <summary>The DER of what a distribution point answers: DER by the books, PEM now and then.</summary>
    public static byte[] Read(byte[] fetched) => fetched.AsSpan().StartsWith("-----BEGIN"u8) ? Read(Encoding.Latin1.GetString(fetched)) ?? [] : fetched;
}
