using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>
/// Wraps the root key with a key that the node can use by itself, so that a start needs no operator. Without one, the root key is split by Shamir's scheme
/// and operators bring the shares.
/// </summary>
public interface IAutoSeal
{
    /// <summary>The name in configuration and status: <c>static</c>.</summary>
    string Type { get; }

    /// <summary>Names the key that <see cref="WrapAsync"/> uses.</summary>
    string KeyId { get; }

    /// <summary>Wraps the root key.</summary>
    ValueTask<WrappedKey> WrapAsync(SecretBytes rootKey, CancellationToken cancellationToken);

    /// <summary>Unwraps the root key; a failure says which key is missing or wrong.</summary>
    ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken);
}

/// <summary>A root key as a seal wrapped it.</summary>
/// <param name="KeyId">The seal's key.</param>
/// <param name="KeyCheck">Tells a wrong key from damage, where the seal can compute one; else empty. Reveals nothing of the key.</param>
/// <param name="Ciphertext">The wrapped root key.</param>
public sealed record WrappedKey(string KeyId, string KeyCheck, ReadOnlyMemory<byte> Ciphertext);
