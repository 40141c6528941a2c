using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Kist.Core.Identity.Oidc;

/// <summary>A public key as verifiers read it (RFC 7517).</summary>
internal sealed record OidcJwk
{
    public string Use { get; init; } = "sig";

    public required string Kty { get; init; }

    public required string Kid { get; init; }

    public required string Alg { get; init; }

    /// <summary>Modulus of an RSA key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? N { get; init; }

    /// <summary>Exponent of an RSA key.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? E { get; init; }

    /// <summary>Curve.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Crv { get; init; }

    /// <summary>First coordinate.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? X { get; init; }

    /// <summary>Second coordinate.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Y { get; init; }
}

/// <summary>What tokens are signed with. EdDSA is left out: the base library does not have it.</summary>
internal sealed class OidcAlgorithm
{
    private const int RsaBits = 2048;

    private readonly HashAlgorithmName hash;
    private readonly ECCurve? curve;
    private readonly string curveName;

    private OidcAlgorithm(string name, HashAlgorithmName hash, ECCurve? curve = null, string curveName = "")
    {
        Name = name;
        this.hash = hash;
        this.curve = curve;
        this.curveName = curveName;
    }

    public static IReadOnlyList<OidcAlgorithm> All { get; } =
    [
        new("RS256", HashAlgorithmName.SHA256), new("RS384", HashAlgorithmName.SHA384), new("RS512", HashAlgorithmName.SHA512),
        new("ES256", HashAlgorithmName.SHA256, ECCurve.NamedCurves.nistP256, "P-256"),
        new("ES384", HashAlgorithmName.SHA384, ECCurve.NamedCurves.nistP384, "P-384"),
        new("ES512", HashAlgorithmName.SHA512, ECCurve.NamedCurves.nistP521, "P-521"),
    ];

    /// <summary>The <c>alg</c>.</summary>
    public string Name { get; }

    public static OidcAlgorithm? Find(string name) => All.FirstOrDefault(a => string.Equals(a.Name, name, StringComparison.Ordinal));

    /// <summary>A new key: the private half as PKCS #8, which the caller wipes, and the public one.</summary>
    public (byte[] Private, byte[] Public) Generate()
    {
        if (curve is { } named)
        {
            using var ecdsa = ECDsa.Create(named);
            return (ecdsa.ExportPkcs8PrivateKey(), ecdsa.ExportSubjectPublicKeyInfo());
        }
        using var rsa = RSA.Create(RsaBits);
        return (rsa.ExportPkcs8PrivateKey(), rsa.ExportSubjectPublicKeyInfo());
    }

    [SuppressMessage("Security", "S5542", Justification = "RS256 is PKCS #1 version 1.5 by its definition (RFC 7518); it signs, and encrypts nothing.")]
    public byte[] Sign(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> data)
    {
        if (curve is not null)
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportPkcs8PrivateKey(privateKey, out _);
            return ecdsa.SignData(data, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(privateKey, out _);
        return rsa.SignData(data, hash, RSASignaturePadding.Pkcs1);
    }

    /// <summary>A version's public half for verifiers.</summary>
    public OidcJwk ToJwk(OidcKeyVersion version)
    {
        if (curve is not null)
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(version.PublicKey, out _);
            var point = ecdsa.ExportParameters(includePrivateParameters: false).Q;
            return new OidcJwk
            {
                Kty = "EC",
                Kid = version.Id,
                Alg = Name,
                Crv = curveName,
                X = Base64Url.EncodeToString(point.X),
                Y = Base64Url.EncodeToString(point.Y),
            };
        }
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(version.PublicKey, out _);
        var numbers = rsa.ExportParameters(includePrivateParameters: false);
        return new OidcJwk
        {
            Kty = "RSA",
            Kid = version.Id,
            Alg = Name,
            N = Base64Url.EncodeToString(numbers.Modulus),
            E = Base64Url.EncodeToString(numbers.Exponent),
        };
    }
}
