namespace Kist.Crypto.Jose;

/// <summary>A key of Ed25519.</summary>
internal sealed class EdVerificationKey : VerificationKey
{
    private readonly Ed25519PublicKey key;

    private EdVerificationKey(Ed25519PublicKey key) => this.key = key;

    public override string Description => "Ed25519";

    /// <summary>The key; null when it has another length, or the library for it is not installed.</summary>
    public static EdVerificationKey? TryCreate(ReadOnlySpan<byte> key, string? keyId, JwsAlgorithm? only) =>
        key.Length == Ed25519PublicKey.KeyBytes && Ed25519PublicKey.Fault is null
            ? new EdVerificationKey(new Ed25519PublicKey(key)) { KeyId = keyId, Only = only }
            : null;

    internal override bool Verify(JwsAlgorithm algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => key.Verify(data, signature);

    private protected override bool Fits(JwsAlgorithm algorithm) => algorithm.Kind == JwsKind.EdDsa;
}
