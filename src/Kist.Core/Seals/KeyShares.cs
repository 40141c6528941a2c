using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>Keys of 32 bytes as operators hold them: split by Shamir's scheme, or whole when one share is enough.</summary>
internal static class KeyShares
{
    /// <summary>What is wrong with the counts, or null.</summary>
    public static Failure? Check(int shares, int threshold)
    {
        if (shares is < 1 or > Shamir.MaxShares)
            return Failure.Invalid("seal.shares", $"secret_shares must be from 1 to {Shamir.MaxShares}");
        if (threshold < 1 || threshold > shares)
            return Failure.Invalid("seal.threshold", "secret_threshold must be from 1 to secret_shares");
        if (threshold == 1 && shares > 1)
            return Failure.Invalid("seal.threshold", "secret_threshold must be at least 2 when there are several shares: with 1 each share would be the key itself");
        return null;
    }

    /// <summary>Length of a share in bytes.</summary>
    public static int Length(int threshold) => threshold == 1 ? AeadKey.KeyBytes : AeadKey.KeyBytes + 1;

    public static IReadOnlyList<SecretBytes> Split(SecretBytes key, int shares, int threshold) =>
        shares == 1 ? [new SecretBytes(key.Span)] : Shamir.Split(key.Span, shares, threshold);

    public static SecretBytes Combine(IReadOnlyList<SecretBytes> shares) =>
        shares.Count == 1 ? new SecretBytes(shares[0].Span) : Shamir.Combine(shares);
}
