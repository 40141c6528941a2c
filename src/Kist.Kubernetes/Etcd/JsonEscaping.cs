using System.Buffers;
using System.Globalization;
using System.Text;
using Kist.Crypto;

namespace Kist.Kubernetes.Etcd;

/// <summary>
/// A way in which programs write text into a JSON string. All escape the quotation mark, the backslash and control characters; they differ in what else
/// they escape, and how.
/// </summary>
/// <param name="Specials">Characters that are written as <c>\u</c> with four digits though JSON does not ask for it.</param>
internal sealed record JsonEscaping(string Specials)
{
    private const string LineSeparators = "\u2028\u2029";

    /// <summary>Go, which API servers and kubectl use; before 1.22 it had no short form for two of the control characters.</summary>
    public static readonly IReadOnlyList<JsonEscaping> Go =
    [
        new("<>&" + LineSeparators), new("<>&" + LineSeparators) { HasAllShort = false },
        new(LineSeparators), new(LineSeparators) { HasAllShort = false },
    ];

    /// <summary>Others: JavaScript, Python, PHP with and without escaped slashes, .NET, Gson, and Jackson where it writes ASCII alone.</summary>
    public static readonly IReadOnlyList<JsonEscaping> Others =
    [
        new(""),
        new("\u007f") { KeepsNonAscii = false },
        new("") { KeepsNonAscii = false, EscapesSlash = true },
        new("") { EscapesSlash = true },
        new("\"&'+<>`\u007f") { KeepsNonAscii = false, HasUpperDigits = true },
        new("<>&='" + LineSeparators),
        new("") { KeepsNonAscii = false, HasUpperDigits = true },
    ];

    /// <summary>False writes what is not ASCII as <c>\u</c> with four digits, twice where UTF-16 has two units.</summary>
    public bool KeepsNonAscii { get; init; } = true;

    /// <summary>True writes <c>\/</c>.</summary>
    public bool EscapesSlash { get; init; }

    /// <summary>True writes digits as in <c>\u00E4</c>, false as in <c>\u00e4</c>.</summary>
    public bool HasUpperDigits { get; init; }

    /// <summary>False writes backspace and form feed with four digits.</summary>
    public bool HasAllShort { get; init; } = true;

    /// <summary>The inside of the JSON string.</summary>
    /// <param name="text">UTF-8.</param>
    public byte[] Escape(ReadOnlySpan<byte> text)
    {
        using var escaped = new SecretBuffer();
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var used);
            if (Short(rune.Value) is { } letter)
                escaped.Write([(byte)'\\', letter]);
            else if (IsWrittenInDigits(rune))
                WriteDigits(rune, escaped);
            else
                escaped.Write(text[..used]);
            text = text[used..];
        }
        return escaped.Written.ToArray();
    }

    private byte? Short(int character) => character switch
    {
        '"' when Specials.Contains('"', StringComparison.Ordinal) => null,
        '"' or '\\' => (byte)character,
        '/' when EscapesSlash => (byte)'/',
        '\n' => (byte)'n',
        '\r' => (byte)'r',
        '\t' => (byte)'t',
        '\b' when HasAllShort => (byte)'b',
        '\f' when HasAllShort => (byte)'f',
        _ => null,
    };

    private bool IsWrittenInDigits(Rune rune) =>
        rune.Value < 0x20
        || (!KeepsNonAscii && !rune.IsAscii)
        || (rune.IsBmp && Specials.Contains((char)rune.Value, StringComparison.Ordinal));

    private void WriteDigits(Rune rune, SecretBuffer escaped)
    {
        Span<char> units = stackalloc char[2];
        Span<byte> digits = stackalloc byte[4];
        foreach (var unit in units[..rune.EncodeToUtf16(units)])
        {
            ((int)unit).TryFormat(digits, out _, HasUpperDigits ? "X4" : "x4", CultureInfo.InvariantCulture);
            escaped.Write("\\u"u8);
            escaped.Write(digits);
        }
    }
}
