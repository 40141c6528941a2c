using System.Globalization;
using System.Text;

namespace Kist.Wire.Hcl;

/// <summary>Reads quoted strings and heredocs.</summary>
internal static class HclStrings
{
    /// <summary>
    /// Reads from the opening quote to the closing one. An interpolation (<c>${ … }</c>) stays as written, quotes included: HCL leaves it to the
    /// reader.
    /// JSON has none.
    /// </summary>
    public static string ReadQuoted(HclCursor cursor, bool json)
    {
        var start = cursor.Position;
        var text = new StringBuilder();
        var braces = 0;
        cursor.Advance();
        while (true)
        {
            var c = cursor.Current;
            if (cursor.AtEnd || (c == '\n' && braces == 0))
                throw new HclException("the string that starts here is not closed by a quote", start);
            if (c == '"' && braces == 0)
                break;
            if (c == '\\' && braces == 0)
            {
                ReadEscape(cursor, text);
                continue;
            }
            if (braces > 0)
                braces += c switch { '{' => 1, '}' => -1, _ => 0 };
            else if (c == '{' && !json && text.Length > 0 && text[^1] == '$')
                braces = 1;
            text.Append(c);
            cursor.Advance();
        }
        cursor.Advance();
        return text.ToString();
    }

    /// <summary>
    /// Reads <c>&lt;&lt;EOF</c> to the line that holds the marker alone. With <c>&lt;&lt;-</c> the marker line's indentation is taken from every
    /// line,
    /// unless some line that is not blank has less.
    /// </summary>
    public static string ReadHeredoc(HclCursor cursor)
    {
        var start = cursor.Position;
        cursor.Advance(2);
        var indented = cursor.Current == '-';
        if (indented)
            cursor.Advance();
        var marker = cursor.ReadLine().Trim().ToString();
        if (marker.Length == 0 || !marker.All(c => char.IsLetterOrDigit(c) || c is '_' or '-'))
            throw new HclException("expected a marker such as EOF and then a new line after \"<<\"", start);
        var lines = new List<string>();
        while (!cursor.AtEnd)
        {
            var line = cursor.ReadLine();
            if (line.Trim().SequenceEqual(marker))
                return Join(lines, indented ? line[..line.IndexOf(marker[0])].ToString() : "");
            lines.Add(line.ToString());
        }
        throw new HclException($"the heredoc that starts here is not closed by a line with {marker}", start);
    }

    private static string Join(List<string> lines, string indentation)
    {
        var unindent = lines.TrueForAll(l => string.IsNullOrWhiteSpace(l) || l.StartsWith(indentation, StringComparison.Ordinal));
        var text = new StringBuilder();
        foreach (var line in lines)
            text.Append(unindent && line.StartsWith(indentation, StringComparison.Ordinal) ? line.AsSpan(indentation.Length) : line).Append('\n');
        return text.ToString();
    }

    private static void ReadEscape(HclCursor cursor, StringBuilder text)
    {
        var position = cursor.Position;
        cursor.Advance();
        var kind = cursor.Current;
        if (kind is 'x' or 'u' or 'U')
        {
            cursor.Advance();
            AppendCodePoint(ReadHex(cursor, kind switch { 'x' => 2, 'u' => 4, _ => 8 }, position), kind, cursor, text, position);
            return;
        }
        text.Append(kind switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            '"' or '\\' or '/' => kind,
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'v' => '\v',
            _ => throw new HclException("unknown escape in a string (write a backslash as \\\\)", position),
        });
        cursor.Advance();
    }

    private static void AppendCodePoint(uint value, char kind, HclCursor cursor, StringBuilder text, HclPosition position)
    {
        // JSON writes characters beyond U+FFFF as two escapes.
        if (kind == 'u' && value is >= 0xd800 and <= 0xdbff && cursor.Current == '\\' && cursor.Peek(1) == 'u')
        {
            cursor.Advance(2);
            var low = ReadHex(cursor, 4, position);
            value = low is >= 0xdc00 and <= 0xdfff ? 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00) : value;
        }
        if (!Rune.TryCreate(value, out var rune))
            throw new HclException("the escape names no Unicode character", position);
        text.Append(rune);
    }

    private static uint ReadHex(HclCursor cursor, int digits, HclPosition position)
    {
        var start = cursor.Index;
        for (var i = 0; i < digits && char.IsAsciiHexDigit(cursor.Current); i++)
            cursor.Advance();
        var hex = cursor.Since(start);
        return hex.Length == digits
            ? uint.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
            : throw new HclException($"expected {digits} hexadecimal digits in the escape", position);
    }
}
