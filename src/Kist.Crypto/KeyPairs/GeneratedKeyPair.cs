namespace Kist.Crypto.KeyPairs;

/// <summary>A new key pair as text.</summary>
/// <param name="PrivateKey">Without a passphrase; ends with a line end.</param>
/// <param name="PublicKey">PEM with a line end, or one line of <c>authorized_keys</c> without.</param>
public sealed record GeneratedKeyPair(SecretText PrivateKey, string PublicKey) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => PrivateKey.Dispose();
}

/// <summary>The curves of FIPS 186 that keys are made on.</summary>
public enum EllipticCurve
{
    /// <summary>secp256r1.</summary>
    P256,

    /// <summary>secp384r1.</summary>
    P384,

    /// <summary>secp521r1.</summary>
    P521,
}
