using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kist.Crypto.X509;

/// <summary>
/// What an authority has signed: a certificate, a revocation list or an OCSP answer, which are all made of the signed bytes, the algorithm and the signature.
/// </summary>
public sealed class SignedData
{
    private const int LeastRsaBits = 2048;
    private const int MostRsaBits = 8192;

    private readonly SignatureAlgorithm? algorithm;
    private readonly ReadOnlyMemory<byte> signature;

    private SignedData(ReadOnlyMemory<byte> content, SignatureAlgorithm? algorithm, ReadOnlyMemory<byte> signature)
    {
        Content = content;
        this.algorithm = algorithm;
        this.signature = signature;
    }

    /// <summary>The signed bytes, DER with their tag.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <summary>What stands behind the signature; only OCSP answers have something there.</summary>
    public ReadOnlyMemory<byte> Rest { get; private init; }

    /// <summary>Reads the three parts; false when there are none.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> der, [NotNullWhen(true)] out SignedData? data)
    {
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            var sequence = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var content = sequence.ReadEncodedValue();
            var how = SignatureAlgorithm.Read(sequence.ReadEncodedValue());
            var bits = sequence.ReadBitString(out var unused);
            var rest = sequence.HasData ? sequence.ReadEncodedValue() : default;
            sequence.ThrowIfNotEmpty();
            data = unused == 0 ? new SignedData(content, how, bits) { Rest = rest } : null;
            return data is not null;
        }
        catch (AsnContentException)
        {
            data = null;
            return false;
        }
    }

    /// <summary>
    /// Whether the key of <paramref name="signer"/> has signed it, by an algorithm and with a key that are believed: ECDSA, or RSA with 2,048 bits or more.
    /// </summary>
    public bool IsSignedBy(X509Certificate2 signer)
    {
        if (algorithm is null)
            return false;
        try
        {
            return algorithm.Padding is { } padding ? IsSignedByRsa(signer, padding) : IsSignedByEcdsa(signer);
        }
        catch (CryptographicException)
        {
            // A key or a signature that makes no sense.
            return false;
        }
    }

    /// <summary>Whether the key of <paramref name="issuer"/> has signed <paramref name="certificate"/>. Names and purposes are not looked at.</summary>
    public static bool IsIssuedBy(X509Certificate2 certificate, X509Certificate2 issuer) =>
        TryRead(certificate.RawDataMemory, out var data) && data.IsSignedBy(issuer);

    private bool IsSignedByRsa(X509Certificate2 signer, RSASignaturePadding padding)
    {
        using var key = signer.GetRSAPublicKey();
        return key is { KeySize: >= LeastRsaBits and <= MostRsaBits } && key.VerifyData(Content.Span, signature.Span, algorithm!.Hash, padding);
    }

    private bool IsSignedByEcdsa(X509Certificate2 signer)
    {
        using var key = signer.GetECDsaPublicKey();
        // A key on a curve of its own making may have been made to fit a signature.
        return key is not null && key.ExportParameters(includePrivateParameters: false).Curve.IsNamed
            && key.VerifyData(Content.Span, signature.Span, algorithm!.Hash, DSASignatureFormat.Rfc3279DerSequence);
    }
}
