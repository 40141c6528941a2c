using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto.Jose;

namespace Kist.Crypto.Tests.Jose;

/// <summary>An issuer's key with which tests sign what they like, well formed or not.</summary>
public sealed class TestSigner : IDisposable
{
    private readonly RSA? rsa;
    private readonly ECDsa? ecdsa;

    private TestSigner(RSA? rsa, ECDsa? ecdsa, string? keyId) => (this.rsa, this.ecdsa, KeyId) = (rsa, ecdsa, keyId);

    /// <summary>In the headers of its tokens and in its JSON Web Key; null for none.</summary>
    public string? KeyId { get; }

    /// <summary>The algorithm that it signs by when a test does not say.</summary>
    public string Algorithm => rsa is not null ? "RS256" : ecdsa!.KeySize switch { 256 => "ES256", 384 => "ES384", _ => "ES512" };

    /// <summary>The public key in PEM.</summary>
    public string Pem => rsa?.ExportSubjectPublicKeyInfoPem() ?? ecdsa!.ExportSubjectPublicKeyInfoPem();

    /// <summary>The public key as a JSON Web Key.</summary>
    public string Jwk
    {
        get
        {
            var id = KeyId is null ? "" : $",\"kid\":\"{KeyId}\"";
            if (rsa is not null)
            {
                var p = rsa.ExportParameters(false);
                return $$"""{"kty":"RSA","n":"{{Encode(p.Modulus!)}}","e":"{{Encode(p.Exponent!)}}"{{id}}}""";
            }
            var q = ecdsa!.ExportParameters(false).Q;
            var curve = ecdsa.KeySize switch { 256 => "P-256", 384 => "P-384", _ => "P-521" };
            return $$"""{"kty":"EC","crv":"{{curve}}","x":"{{Encode(q.X!)}}","y":"{{Encode(q.Y!)}}"{{id}}}""";
        }
    }

    /// <summary>The key, as who trusts it has it.</summary>
    public VerificationKeys Keys => JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(SetOf(this)), out _)!;

    /// <summary>A new RSA key.</summary>
    public static TestSigner Rsa(string? keyId = null, int bits = 2048) => new(RSA.Create(bits), null, keyId);

    /// <summary>A new key on P-256, P-384 or P-521.</summary>
    public static TestSigner Ec(string? keyId = null, int bits = 256) => new(
        null,
        ECDsa.Create(bits switch { 256 => ECCurve.NamedCurves.nistP256, 384 => ECCurve.NamedCurves.nistP384, _ => ECCurve.NamedCurves.nistP521 }),
        keyId);

    /// <summary>The key in a PEM file.</summary>
    public static TestSigner FromEcPem(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new TestSigner(null, key, null);
    }

    /// <summary>The public keys of several.</summary>
    public static string SetOf(params TestSigner[] signers) => $$"""{"keys":[{{string.Join(',', signers.Select(s => s.Jwk))}}]}""";

    /// <summary>base64url without padding.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>The same of a text.</summary>
    public static string Encode(string text) => Encode(Encoding.UTF8.GetBytes(text));

    /// <summary>Signs claims under a header of the key's own.</summary>
    public string Sign(string claims, string? algorithm = null)
    {
        algorithm ??= Algorithm;
        var id = KeyId is null ? "" : $",\"kid\":\"{KeyId}\"";
        return SignUnder($$"""{"alg":"{{algorithm}}","typ":"JWT"{{id}}}""", claims, algorithm);
    }

    /// <summary>Signs claims under any header.</summary>
    public string SignUnder(string header, string claims, string? algorithm = null) =>
        Complete($"{Encode(header)}.{Encode(claims)}", algorithm ?? Algorithm);

    /// <summary>Signs what stands before the second dot, whatever that is.</summary>
    public string Complete(string input, string algorithm) => $"{input}.{Encode(Signature(Encoding.ASCII.GetBytes(input), algorithm))}";

    public void Dispose()
    {
        rsa?.Dispose();
        ecdsa?.Dispose();
    }

    private byte[] Signature(byte[] data, string algorithm)
    {
        var hash = algorithm[2..] switch { "256" => HashAlgorithmName.SHA256, "384" => HashAlgorithmName.SHA384, _ => HashAlgorithmName.SHA512 };
        if (ecdsa is not null)
            return ecdsa.SignData(data, hash);
        return rsa!.SignData(data, hash, algorithm.StartsWith('P') ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }
}
