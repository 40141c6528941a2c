namespace Kist.Core.Tokens;

/// <summary>Fixed-width base62 (<c>0-9A-Za-z</c>), most significant digit first: survives double-clicks, URLs and shells unquoted.</summary>
internal static class Base62
{
    public static ReadOnlySpan<byte> Digits => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8;

    /// <summary>Fills <paramref name="output"/>; it must be wide enough for the value.</summary>
    public static void Write(ulong value, Span<byte> output)
    {
        for (var i = output.Length - 1; i >= 0; i--)
        {
            output[i] = Digits[(int)(value % 62)];
            value /= 62;
        }
    }

    /// <summary>Reads digits; false on another byte or a value beyond 64 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        foreach (var digit in digits)
        {
            var index = Digits.IndexOf(digit);
            if (index < 0 || value > (ulong.MaxValue - (ulong)index) / 62)
                return false;
            value = (value * 62) + (ulong)index;
        }
        return true;
    }
}
