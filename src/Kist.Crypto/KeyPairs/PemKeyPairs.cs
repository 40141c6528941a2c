using System.Buffers;
using System.Security.Cryptography;

namespace Kist.Crypto.KeyPairs;

/// <summary>New key pairs in PEM: <c>PRIVATE KEY</c> (PKCS #8, RFC 5958) and <c>PUBLIC KEY</c> (SubjectPublicKeyInfo, RFC 5280).</summary>
public static class PemKeyPairs
{
    private const string PrivateLabel = "PRIVATE KEY";
    private const string PublicLabel = "PUBLIC KEY";

    /// <summary>RSA of so many bits, with the exponent 65537. 4096 bits take a second or more.</summary>
    public static GeneratedKeyPair Rsa(int bits)
    {
        using var key = RSA.Create(bits);
        return Of(key);
    }

    /// <summary>A key for ECDSA and ECDH on a named curve.</summary>
    public static GeneratedKeyPair Ec(EllipticCurve curve)
    {
        using var key = ECDsa.Create(Named(curve));
        return Of(key);
    }

    /// <summary>Ed25519 (RFC 8410).</summary>
    /// <exception cref="DllNotFoundException">See <see cref="Ed25519KeyPair.Fault"/>.</exception>
    public static GeneratedKeyPair Ed25519()
    {
        using var pair = new Ed25519KeyPair();
        return Of(pair);
    }

    internal static GeneratedKeyPair Of(Ed25519KeyPair pair)
    {
        // All but the keys never changes: version 0, the algorithm 1.3.101.112, an octet string in an octet string; and algorithm, bit string.
        using var pkcs8 = new SecretBuffer();
        pkcs8.Write((ReadOnlySpan<byte>)[0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]);
        pkcs8.Write(pair.Seed);
        byte[] spki = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00, .. pair.PublicKey];
        return new GeneratedKeyPair(SecretPem.Write(PrivateLabel, pkcs8.Written), PemEncoding.WriteString(PublicLabel, spki) + "\n");
    }

    internal static ECCurve Named(EllipticCurve curve) => curve switch
    {
        EllipticCurve.P256 => ECCurve.NamedCurves.nistP256,
        EllipticCurve.P384 => ECCurve.NamedCurves.nistP384,
        _ => ECCurve.NamedCurves.nistP521,
    };

    private static GeneratedKeyPair Of(AsymmetricAlgorithm key)
    {
        using var pkcs8 = new SecretBuffer();
        var size = 4096;
        int written;
        while (!key.TryExportPkcs8PrivateKey(pkcs8.GetSpan(size), out written))
            size *= 2;
        pkcs8.Advance(written);
        return new GeneratedKeyPair(SecretPem.Write(PrivateLabel, pkcs8.Written), key.ExportSubjectPublicKeyInfoPem() + "\n");
    }
}
