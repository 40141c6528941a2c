namespace Kist.Crypto;

/// <summary>
/// Arithmetic in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (0x11b, the field of AES). No branch and no table index depends on a value, so timing and caches
/// tell nothing. Addition and subtraction are both exclusive or.
/// </summary>
internal static class GaloisField
{
    /// <summary>The product.</summary>
    public static byte Multiply(byte a, byte b)
    {
        int shifted = a, product = 0;
        for (var bit = 0; bit < 8; bit++)
        {
            product ^= -((b >> bit) & 1) & shifted;
            shifted = (shifted << 1) ^ (-(shifted >> 7) & 0x11b);
        }
        return (byte)product;
    }

    /// <summary>The multiplicative inverse, a^254; 0 for 0.</summary>
    public static byte Inverse(byte a)
    {
        // 254 = 0b11111110: each round appends a one to the exponent, the last squaring a zero.
        var power = a;
        for (var round = 0; round < 6; round++)
            power = Multiply(Multiply(power, power), a);
        return Multiply(power, power);
    }
}
