using System.Buffers;
using System.Globalization;
using System.Text;
using Kist.Crypto;

namespace Kist.Client.Run.Files;

/// <summary>Writes values between quotes by the rules of their formats. UTF-8 in and out, but for shell and dotenv, which take any bytes.</summary>
internal static class FormatQuoting
{
    private static readonly SearchValues<byte> ShellSpecial = SearchValues.Create("\"\\$`!\n\r"u8);
    private static readonly SearchValues<byte> DotenvSpecial = SearchValues.Create("\"\\$`\n\r"u8);

    /// <summary>For JSON and YAML, whose double quotes know JSON's escapes.</summary>
    public static void Json(ReadOnlySpan<byte> value, SecretBuffer output)
    {
        Append(output, (byte)'"');
        foreach (var c in value)
        {
            switch (c)
            {
                case (byte)'"' or (byte)'\\':
                    Escape(output, c);
                    break;
                case (byte)'\n':
                    Escape(output, (byte)'n');
                    break;
                case (byte)'\r':
                    Escape(output, (byte)'r');
                    break;
                case (byte)'\t':
                    Escape(output, (byte)'t');
                    break;
                case < 0x20 or 0x7f:
                    Append(output, $"\\u{c:x4}");
                    break;
                default:
                    Append(output, c);
                    break;
            }
        }
        Append(output, (byte)'"');
    }

    /// <summary>For Java's properties, which know <c>\uXXXX</c> and read all else as Latin-1.</summary>
    public static void Properties(ReadOnlySpan<byte> value, SecretBuffer output)
    {
        Append(output, (byte)'"');
        Span<char> units = stackalloc char[2];
        while (value.Length > 0)
        {
            Rune.DecodeFromUtf8(value, out var rune, out var length);
            value = value[length..];
            if (rune.Value is '"' or '\\')
                Escape(output, (byte)rune.Value);
            else if (rune.Value is >= ' ' and <= '~')
                Append(output, (byte)rune.Value);
            else
                AppendUnits(output, units[..rune.EncodeToUtf16(units)]);
        }
        Append(output, (byte)'"');
    }

    /// <summary>For POSIX shells: between double quotes while nothing in it means something there, else between single ones.</summary>
    public static void Shell(ReadOnlySpan<byte> value, SecretBuffer output)
    {
        if (!value.ContainsAny(ShellSpecial))
        {
            Enclose(value, (byte)'"', output);
            return;
        }
        Append(output, (byte)'\'');
        foreach (var c in value)
        {
            if (c == '\'')
                Append(output, "'\\''");
            else
                Append(output, c);
        }
        Append(output, (byte)'\'');
    }

    /// <summary>
    /// For dotenv files: double quotes for plain values; else single quotes, between which all readers take everything as it is; else, for values
    /// with single quotes, double ones with escapes.
    /// </summary>
    public static void Dotenv(ReadOnlySpan<byte> value, SecretBuffer output)
    {
        if (!value.ContainsAny(DotenvSpecial))
            Enclose(value, (byte)'"', output);
        else if (!value.ContainsAny("'\n\r"u8))
            Enclose(value, (byte)'\'', output);
        else
            Escaped(value, output);
    }

    private static void Escaped(ReadOnlySpan<byte> value, SecretBuffer output)
    {
        Append(output, (byte)'"');
        foreach (var c in value)
        {
            if (c is (byte)'"' or (byte)'\\' or (byte)'$' or (byte)'`')
                Escape(output, c);
            else if (c is (byte)'\n' or (byte)'\r')
                Escape(output, c == '\n' ? (byte)'n' : (byte)'r');
            else
                Append(output, c);
        }
        Append(output, (byte)'"');
    }

    private static void Enclose(ReadOnlySpan<byte> value, byte quote, SecretBuffer output)
    {
        Append(output, quote);
        value.CopyTo(output.GetSpan(value.Length));
        output.Advance(value.Length);
        Append(output, quote);
    }

    private static void AppendUnits(SecretBuffer output, ReadOnlySpan<char> units)
    {
        foreach (var unit in units)
            Append(output, string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"));
    }

    private static void Escape(SecretBuffer output, byte c)
    {
        Append(output, (byte)'\\');
        Append(output, c);
    }

    private static void Append(SecretBuffer output, byte c)
    {
        output.GetSpan(1)[0] = c;
        output.Advance(1);
    }

    private static void Append(SecretBuffer output, string text)
    {
        foreach (var c in text)
            Append(output, (byte)c);
    }
}
