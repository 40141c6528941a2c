using System.Security.Cryptography;

namespace Kist.Crypto;

/// <summary>
/// Shamir's secret sharing over GF(2^8): byte i of the secret is the value at 0 of a random polynomial of degree threshold - 1, a share its values at one x.
/// A share is these values followed by x, the layout of Vault's shares. Fewer shares than the threshold tell nothing of the secret but its length; a wrong
/// share is not recognised here, it yields another secret.
/// </summary>
public static class Shamir
{
    /// <summary>Most shares: every x but 0.</summary>
    public const int MaxShares = 255;

    /// <summary>Splits <paramref name="secret"/>, each share at its own random x.</summary>
    /// <param name="secret">At least one byte.</param>
    /// <param name="shares">2 to 255.</param>
    /// <param name="threshold">2 to <paramref name="shares"/>: how many shares restore the secret.</param>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static SecretBytes[] Split(ReadOnlySpan<byte> secret, int shares, int threshold)
    {
        if (secret.IsEmpty)
            throw new ArgumentException("the secret is empty", nameof(secret));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shares, MaxShares);
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, shares);
        using var coefficients = SecretBytes.Random(secret.Length * (threshold - 1));
        var points = Enumerable.Range(1, MaxShares).Select(x => (byte)x).ToArray();
        RandomNumberGenerator.Shuffle<byte>(points);
        var result = new SecretBytes[shares];
        for (var i = 0; i < shares; i++)
            result[i] = ShareAt(points[i], secret, coefficients.Span);
        return result;
    }

    /// <summary>Restores the secret from at least as many shares as the threshold was.</summary>
    /// <exception cref="ArgumentException">
    /// Fewer than two shares, different lengths, or two shares with the same x. (Whether they belong together cannot be seen.)
    /// </exception>
    public static SecretBytes Combine(IReadOnlyList<SecretBytes> shares)
    {
        if (shares.Count is < 2 or > MaxShares)
            throw new ArgumentException($"2 to {MaxShares} shares are needed", nameof(shares));
        var length = shares[0].Length;
        if (length < 2 || shares.Any(share => share.Length != length))
            throw new ArgumentException("the shares differ in length or are too short", nameof(shares));
        var points = shares.Select(share => share.Span[^1]).ToArray();
        if (points.Contains((byte)0) || points.Distinct().Count() != points.Length)
            throw new ArgumentException("two shares have the same number, or one has none", nameof(shares));
        return SecretBytes.Create(length - 1, (shares, points), static (secret, state) => Interpolate(state.shares, state.points, secret));
    }

    /// <summary>The share at <paramref name="x"/>. Coefficients stand secret byte by secret byte, the lowest degree (1) first.</summary>
    internal static SecretBytes ShareAt(byte x, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> coefficients) =>
        SecretBytes.Create(secret.Length + 1, new Polynomials(x, secret, coefficients), static (share, state) =>
        {
            var degree = state.Coefficients.Length / state.Secret.Length;
            for (var i = 0; i < state.Secret.Length; i++)
            {
                byte value = 0;
                for (var k = degree - 1; k >= 0; k--)
                    value = GaloisField.Multiply((byte)(value ^ state.Coefficients[(i * degree) + k]), state.X);
                share[i] = (byte)(value ^ state.Secret[i]);
            }
            share[^1] = state.X;
        });

    // Lagrange's formula at 0: the sum of y[j] times the product of x[m] / (x[m] - x[j]) over all other m.
    private static void Interpolate(IReadOnlyList<SecretBytes> shares, byte[] points, Span<byte> secret)
    {
        for (var j = 0; j < points.Length; j++)
        {
            byte weight = 1;
            for (var m = 0; m < points.Length; m++)
            {
                if (m != j)
                    weight = GaloisField.Multiply(weight, GaloisField.Multiply(points[m], GaloisField.Inverse((byte)(points[m] ^ points[j]))));
            }
            for (var i = 0; i < secret.Length; i++)
                secret[i] ^= GaloisField.Multiply(shares[j].Span[i], weight);
        }
    }

    private readonly ref struct Polynomials(byte x, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> coefficients)
    {
        public byte X { get; } = x;

        public ReadOnlySpan<byte> Secret { get; } = secret;

        public ReadOnlySpan<byte> Coefficients { get; } = coefficients;
    }
}
