using System.Security.Cryptography;
using System.Text;
using Kist.Core.Barrier;
using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>A key of the static seal.</summary>
/// <param name="Id">Given by the operator, so that a change of key is seen: <c>2025-01</c>.</param>
/// <param name="Key">32 bytes.</param>
public sealed record StaticSealKey(string Id, SecretBytes Key);

/// <summary>
/// Wraps the root key with a key from a file or the environment. Whoever has that key and the store has everything, so keep them apart. To change the key,
/// configure the old one as previous: the next start wraps the root key anew.
/// </summary>
public sealed class StaticSeal : IAutoSeal
{
    private readonly StaticSealKey current;
    private readonly StaticSealKey? previous;

    /// <summary>The seal takes no copies: dispose the keys after it.</summary>
    /// <exception cref="ArgumentException">A key has not 32 bytes, an id is empty, or both ids are the same.</exception>
    public StaticSeal(StaticSealKey current, StaticSealKey? previous = null)
    {
        Check(current, nameof(current));
        if (previous is not null)
            Check(previous, nameof(previous));
        if (current.Id == previous?.Id)
            throw new ArgumentException("the current and the previous key of the static seal have the same id", nameof(previous));
        this.current = current;
        this.previous = previous;
    }

    /// <inheritdoc/>
    public string Type => "static";

    /// <inheritdoc/>
    public string KeyId => current.Id;

    /// <inheritdoc/>
    public ValueTask<WrappedKey> WrapAsync(SecretBytes rootKey, CancellationToken cancellationToken)
    {
        using var cipher = new AeadKey(current.Key.Span);
        var ciphertext = SealedValue.Encrypt(cipher, SealedValue.RootTerm, rootKey.Span, Binding(current));
        return new(new WrappedKey(current.Id, CheckValue(current), ciphertext));
    }

    /// <inheritdoc/>
    public ValueTask<Outcome<SecretBytes>> UnwrapAsync(WrappedKey wrapped, CancellationToken cancellationToken) => new(Unwrap(wrapped));

    private Outcome<SecretBytes> Unwrap(WrappedKey wrapped)
    {
        StaticSealKey?[] configured = [current, previous];
        if (Array.Find(configured, key => key?.Id == wrapped.KeyId) is not { } key)
            return Failure.Invalid("seal.unknown_key", $"the store is sealed with static key \"{wrapped.KeyId}\", which is not configured: add it as previous key");
        if (CheckValue(key) != wrapped.KeyCheck)
            return Failure.Invalid("seal.wrong_key", $"static key \"{key.Id}\" is not the key of that name which sealed the store: configure the right one");
        return TryDecrypt(wrapped.Ciphertext.Span, key) is { } rootKey
            ? rootKey
            : Failure.Invalid("seal.damaged", "the wrapped root key in the store was changed: restore the store from a backup");
    }

    private static SecretBytes? TryDecrypt(ReadOnlySpan<byte> ciphertext, StaticSealKey key)
    {
        if (!SealedValue.TryReadTerm(ciphertext, out _))
            return null;
        using var cipher = new AeadKey(key.Key.Span);
        using var plaintext = new SecretBuffer();
        var length = ciphertext.Length - SealedValue.Overhead;
        if (!SealedValue.TryDecrypt(cipher, ciphertext, plaintext.GetSpan(length)[..length], Binding(key)))
            return null;
        plaintext.Advance(length);
        return new SecretBytes(plaintext.Written);
    }

    // An HMAC under the key of a fixed text: equal for equal keys, and as good as random to who has not the key.
    private static string CheckValue(StaticSealKey key) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key.Key.Span, "kist static seal key check"u8).AsSpan(0, 8));

    private static byte[] Binding(StaticSealKey key) => Encoding.UTF8.GetBytes("kist static seal root key " + key.Id);

    private static void Check(StaticSealKey key, string parameter)
    {
        if (key.Id.Length == 0 || key.Key.Length != AeadKey.KeyBytes)
            throw new ArgumentException($"a static seal key has an id and {AeadKey.KeyBytes} bytes", parameter);
    }
}
