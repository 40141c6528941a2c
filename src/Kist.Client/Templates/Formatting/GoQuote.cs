using System.Buffers;
using System.Globalization;
using System.Text;

namespace Kist.Client.Templates.Formatting;

/// <summary>Quotes texts in Go's syntax.</summary>
internal static class GoQuote
{
    /// <summary>The text in double quotes.</summary>
    public static string Quote(string text, bool onlyAscii) => Quote(text, '"', onlyAscii);

    /// <summary>One character in single quotes.</summary>
    public static string QuoteCharacter(string character, bool onlyAscii) => Quote(character, '\'', onlyAscii);

    /// <summary>Whether the text can stand between backquotes.</summary>
    public static bool CanBeRaw(string text) => !text.AsSpan().ContainsAny('`', '\u007f', '\ufeff')
        && text.All(c => c is >= ' ' or '\t' && c is not (>= '\udc80' and <= '\udcff'));

    private static string Quote(string text, char quote, bool onlyAscii)
    {
        var quoted = new StringBuilder(text.Length + 2).Append(quote);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done)
                Append(quoted, rune, quote, onlyAscii);
            else
                quoted.Append("\\x").Append(((rest[0] - 0xdc00) & 0xff).ToString("x2", CultureInfo.InvariantCulture));
            rest = rest[length..];
        }
        return quoted.Append(quote).ToString();
    }

    private static void Append(StringBuilder quoted, Rune rune, char quote, bool onlyAscii)
    {
        if (Escape(rune.Value, quote) is { } escape)
            quoted.Append('\\').Append(escape);
        else if (IsPrintable(rune) && (rune.IsAscii || !onlyAscii))
            quoted.Append(rune.ToString());
        else if (rune.Value < ' ' || rune.Value == 0x7f)
            quoted.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture));
        else if (rune.IsBmp)
            quoted.Append("\\u").Append(rune.Value.ToString("x4", CultureInfo.InvariantCulture));
        else
            quoted.Append("\\U").Append(rune.Value.ToString("x8", CultureInfo.InvariantCulture));
    }

    private static char? Escape(int character, char quote) => character switch
    {
        '\a' => 'a',
        '\b' => 'b',
        '\f' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\v' => 'v',
        '\\' => '\\',
        _ => character == quote ? quote : null,
    };

    /// <summary>As Go has it: letters, marks, numbers, punctuation, symbols and the ASCII blank.</summary>
    public static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
