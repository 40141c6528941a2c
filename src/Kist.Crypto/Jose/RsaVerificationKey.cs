using System.Numerics;
using System.Security.Cryptography;

namespace Kist.Crypto.Jose;

/// <summary>
/// An RSA key: 2,048 to 8,192 bits, and a public exponent that is odd, more than one and of at most 32 bits, so that neither a weak key nor one that
/// takes long to use gets in.
/// </summary>
internal sealed class RsaVerificationKey : VerificationKey
{
    private const int FewestBits = 2_048;
    private const int MostBits = 8_192;
    private const int MostExponentBytes = 4;

    // A state is made for each use, for it is not thread-safe; that costs less than a use.
    private readonly RSAParameters parameters;

    private RsaVerificationKey(RSAParameters parameters) => this.parameters = parameters;

    public override string Description => $"RSA, {parameters.Modulus!.Length * 8} bits";

    /// <summary>The key; null when it is not one that is taken.</summary>
    public static RsaVerificationKey? TryCreate(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent, string? keyId, JwsAlgorithm? only)
    {
        modulus = modulus.TrimStart((byte)0);
        exponent = exponent.TrimStart((byte)0);
        if (modulus.Length > MostBits / 8 || exponent.Length is 0 or > MostExponentBytes)
            return null;
        var bits = new BigInteger(modulus, isUnsigned: true, isBigEndian: true).GetBitLength();
        if (bits < FewestBits || (modulus[^1] & 1) == 0 || (exponent[^1] & 1) == 0 || exponent is [1])
            return null;
        var key = new RsaVerificationKey(new RSAParameters { Modulus = modulus.ToArray(), Exponent = exponent.ToArray() }) { KeyId = keyId, Only = only };
        try
        {
            using var usable = RSA.Create(key.parameters);
            return key;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    internal override bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != parameters.Modulus!.Length)
            return false;
        using var rsa = RSA.Create(parameters);
        var padding = algorithm.Kind == JwsKind.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return rsa.VerifyData(data, signature, algorithm.Hash, padding);
    }

    private protected override bool Fits(JwsAlgorithm algorithm) => algorithm.Kind is JwsKind.RsaPkcs1 or JwsKind.RsaPss;
}
