using System.Buffers;
using System.Globalization;
using System.Text;
using Kist.Crypto;

namespace Kist.Client.Run.Files;

/// <summary>Writes bytes between quotes, as Go's <c>%q</c> does.</summary>
internal static class GoQuoting
{
    public static void Write(ReadOnlySpan<byte> bytes, SecretBuffer output)
    {
        Append(output, "\"");
        while (bytes.Length > 0)
        {
            var isText = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done;
            if (isText && IsPrinted(rune))
                Append(output, bytes[..length]);
            else if (isText)
                Append(output, Escape(rune));
            else
                Append(output, $"\\x{bytes[0]:x2}");
            bytes = bytes[(isText ? length : 1)..];
        }
        Append(output, "\"");
    }

    private static bool IsPrinted(Rune rune) => rune.Value is not ('"' or '\\') && (rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));

    private static string Escape(Rune rune) => rune.Value switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\a' => @"\a",
        '\b' => @"\b",
        '\f' => @"\f",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        '\v' => @"\v",
        < 0x20 or 0x7f => $"\\x{rune.Value:x2}",
        <= 0xffff => $"\\u{rune.Value:x4}",
        _ => $"\\U{rune.Value:x8}",
    };

    private static void Append(SecretBuffer output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }

    private static void Append(SecretBuffer output, string text) => Append(output, Encoding.UTF8.GetBytes(text));
}
