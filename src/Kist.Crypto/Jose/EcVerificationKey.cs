using System.Security.Cryptography;

namespace Kist.Crypto.Jose;

/// <summary>A curve that signatures are made on, with the one algorithm that goes with it.</summary>
/// <param name="Name">The name in JSON Web Keys.</param>
/// <param name="Oid">The name in certificates.</param>
/// <param name="FieldBytes">Length of a coordinate, and of half a signature.</param>
/// <param name="Algorithm">The algorithm.</param>
internal sealed record EcCurve(string Name, string Oid, int FieldBytes, JwsAlgorithm Algorithm)
{
    private static readonly EcCurve[] Known =
    [
        new("P-256", "1.2.840.10045.3.1.7", 32, JwsAlgorithm.Find("ES256")!),
        new("P-384", "1.3.132.0.34", 48, JwsAlgorithm.Find("ES384")!),
        new("P-521", "1.3.132.0.35", 66, JwsAlgorithm.Find("ES512")!),
    ];

    public static EcCurve? ByName(string? name) => Array.Find(Known, c => c.Name == name);

    public static EcCurve? ByOid(string oid) => Array.Find(Known, c => c.Oid == oid);
}

/// <summary>A key on one of NIST's curves. The point is on the curve: the base library looks when the key is made.</summary>
internal sealed class EcVerificationKey : VerificationKey
{
    private readonly EcCurve curve;
    private readonly ECParameters parameters;

    private EcVerificationKey(EcCurve curve, ECParameters parameters) => (this.curve, this.parameters) = (curve, parameters);

    public override string Description => $"EC, {curve.Name}";

    /// <summary>The key; null when there is none with these coordinates, which have the curve's exact length.</summary>
    public static EcVerificationKey? TryCreate(EcCurve curve, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y, string? keyId, JwsAlgorithm? only)
    {
        if (x.Length != curve.FieldBytes || y.Length != curve.FieldBytes)
            return null;
        var point = new ECParameters { Curve = ECCurve.CreateFromValue(curve.Oid), Q = new ECPoint { X = x.ToArray(), Y = y.ToArray() } };
        try
        {
            using var usable = ECDsa.Create(point);
            return new EcVerificationKey(curve, point) { KeyId = keyId, Only = only };
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    internal override bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != 2 * curve.FieldBytes)
            return false;
        using var ecdsa = ECDsa.Create(parameters);
        return ecdsa.VerifyData(data, signature, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private protected override bool Fits(JwsAlgorithm algorithm) => algorithm == curve.Algorithm;
}
