namespace Kist.Crypto.Jose;

/// <summary>Keys that are trusted together.</summary>
/// <param name="Keys">The keys.</param>
public sealed record VerificationKeys(IReadOnlyList<VerificationKey> Keys)
{
    /// <summary>Most keys of a set: each may have to be tried.</summary>
    public const int MostKeys = 64;

    /// <summary>No key.</summary>
    public static VerificationKeys None { get; } = new([]);

    /// <summary>True when one of the keys has signed the token. One whose name differs from the name in the token's header is not tried.</summary>
    /// <param name="token">The token.</param>
    /// <param name="allowed">Algorithms that are taken.</param>
    public bool HaveSigned(Jws token, IReadOnlyCollection<JwsAlgorithm> allowed)
    {
        if (!allowed.Contains(token.Algorithm))
            return false;
        foreach (var key in Keys)
        {
            if (MayBeMeant(token, key) && token.IsSignedBy(key))
                return true;
        }
        return false;
    }

    /// <summary>True when the token's header names a key that is here.</summary>
    public bool HaveNamed(Jws token) => token.KeyId is not null && Keys.Any(k => k.KeyId == token.KeyId);

    private static bool MayBeMeant(Jws token, VerificationKey key) => token.KeyId is null || key.KeyId is null || key.KeyId == token.KeyId;
}
