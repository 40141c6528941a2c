using Kist.Crypto;

namespace Kist.Kubernetes;

/// <summary>
/// Base64 as Go's standard decoder reads it, which decides what the API server accepts: padding is required, line breaks are passed over anywhere, no
/// other white space, and the unused bits of the last character may be anything.
/// </summary>
public static class GoBase64
{
    private const int Foreign = -1;

    /// <summary>How many bytes the text stands for; false when it is malformed.</summary>
    public static bool TryMeasure(ReadOnlySpan<byte> text, out int length)
    {
        var (characters, padding, state) = (0, 0, true);
        foreach (var b in text)
        {
            if (b is (byte)'\r' or (byte)'\n')
                continue;
            if (b == '=')
                padding++;
            else if (padding > 0 || Value(b) == Foreign)
                state = false;
            else
                characters++;
        }
        length = characters * 3 / 4;
        return state && padding <= 2 && (characters + padding) % 4 == 0 && (padding == 0 || characters % 4 >= 2);
    }

    /// <summary>Writes the bytes to the start of <paramref name="destination"/>, which <see cref="TryMeasure"/> found long enough.</summary>
    public static void Decode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        var (bits, count, written) = (0, 0, 0);
        foreach (var b in text)
        {
            if (b is (byte)'\r' or (byte)'\n' or (byte)'=')
                continue;
            bits = bits << 6 | Value(b);
            count += 6;
            if (count < 8)
                continue;
            count -= 8;
            destination[written++] = (byte)(bits >> count);
            bits &= (1 << count) - 1;
        }
    }

    /// <summary>The bytes in memory of their own; null when the text is malformed.</summary>
    public static SecretBytes? DecodeSecret(ReadOnlySpan<byte> text) =>
        TryMeasure(text, out var length) ? SecretBytes.Create(length, text, static (span, text) => Decode(text, span)) : null;

    private static int Value(byte b) => b switch
    {
        >= (byte)'A' and <= (byte)'Z' => b - 'A',
        >= (byte)'a' and <= (byte)'z' => b - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => b - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => Foreign,
    };
}
