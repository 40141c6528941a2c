using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Kist.Crypto.X509;

/// <summary>
/// How an authority signs, of what it is believed by: RSA (PKCS #1 and PSS) and ECDSA with SHA-2. Everything else, above all MD5 and SHA-1, is unknown here.
/// </summary>
public sealed record SignatureAlgorithm
{
    private const string Mgf1 = "1.2.840.113549.1.1.8";

    private SignatureAlgorithm(HashAlgorithmName hash, RSASignaturePadding? padding)
    {
        Hash = hash;
        Padding = padding;
    }

    /// <summary>The hash.</summary>
    public HashAlgorithmName Hash { get; }

    /// <summary>RSA's padding; null for ECDSA.</summary>
    public RSASignaturePadding? Padding { get; }

    /// <summary>Reads an <c>AlgorithmIdentifier</c>; null when it is none that is believed.</summary>
    /// <exception cref="AsnContentException">It is no <c>AlgorithmIdentifier</c>.</exception>
    public static SignatureAlgorithm? Read(ReadOnlyMemory<byte> encoded)
    {
        var reader = new AsnReader(encoded, AsnEncodingRules.DER);
        var sequence = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        return sequence.ReadObjectIdentifier() switch
        {
            "1.2.840.113549.1.1.11" => new(HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "1.2.840.113549.1.1.12" => new(HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "1.2.840.113549.1.1.13" => new(HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "1.2.840.113549.1.1.10" => ReadPss(sequence),
            "1.2.840.10045.4.3.2" => new(HashAlgorithmName.SHA256, null),
            "1.2.840.10045.4.3.3" => new(HashAlgorithmName.SHA384, null),
            "1.2.840.10045.4.3.4" => new(HashAlgorithmName.SHA512, null),
            _ => null,
        };
    }

    // RFC 4055 section 3.1. Its defaults are SHA-1, so a parameter that is left out is none that is believed.
    private static SignatureAlgorithm? ReadPss(AsnReader algorithm)
    {
        if (!algorithm.HasData)
            return null;
        var parameters = algorithm.ReadSequence();
        if (ReadTagged(parameters, 0) is not { } hashReader || HashOf(hashReader) is not { } hash)
            return null;
        if (ReadTagged(parameters, 1) is not { } maskReader)
            return null;
        var mask = maskReader.ReadSequence();
        if (mask.ReadObjectIdentifier() != Mgf1 || HashOf(mask) != hash)
            return null;
        return ReadTagged(parameters, 2) is { } salt && salt.TryReadInt32(out var length) && length == LengthOf(hash)
            ? new SignatureAlgorithm(hash, RSASignaturePadding.Pss)
            : null;
    }

    private static AsnReader? ReadTagged(AsnReader reader, int number)
    {
        var tag = new Asn1Tag(TagClass.ContextSpecific, number);
        return reader.HasData && reader.PeekTag().HasSameClassAndValue(tag) ? reader.ReadSequence(tag) : null;
    }

    private static HashAlgorithmName? HashOf(AsnReader reader) => reader.ReadSequence().ReadObjectIdentifier() switch
    {
        "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
        "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
        "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
        _ => null,
    };

    private static int LengthOf(HashAlgorithmName hash) => hash.Name switch
    {
        "SHA256" => 32,
        "SHA384" => 48,
        _ => 64,
    };
}
