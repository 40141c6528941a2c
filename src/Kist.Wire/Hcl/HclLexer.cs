using System.Globalization;

namespace Kist.Wire.Hcl;

internal enum HclTokenKind
{
    End,
    Word,
    Text,
    Number,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    Comma,
    Equal,
    Colon,
}

/// <param name="Kind">The kind.</param>
/// <param name="Text">Of a word, string or number: what it says.</param>
/// <param name="Position">Where it starts.</param>
internal readonly record struct HclToken(HclTokenKind Kind, string Text, HclPosition Position)
{
    /// <summary>The token for messages. Never its text, which may be a secret written in the wrong place.</summary>
    public string Noun => Kind switch
    {
        HclTokenKind.End => "the end of the text",
        HclTokenKind.Word => "a word without quotes",
        HclTokenKind.Text => "a string",
        HclTokenKind.Number => "a number",
        HclTokenKind.OpenBrace => "\"{\"",
        HclTokenKind.CloseBrace => "\"}\"",
        HclTokenKind.OpenBracket => "\"[\"",
        HclTokenKind.CloseBracket => "\"]\"",
        HclTokenKind.Comma => "\",\"",
        HclTokenKind.Equal => "\"=\"",
        _ => "\":\"",
    };
}

/// <summary>Cuts a text into tokens. In JSON there are no comments and no heredocs.</summary>
internal sealed class HclLexer(string text, bool json)
{
    private const int LongestNumber = 64;

    private readonly HclCursor cursor = new(text);

    /// <summary>The next token; <see cref="HclTokenKind.End"/> for ever after the last.</summary>
    public HclToken Next()
    {
        SkipBlanks();
        var position = cursor.Position;
        switch (cursor.Current)
        {
            case var _ when cursor.AtEnd: return new HclToken(HclTokenKind.End, "", position);
            case '{': return Mark(HclTokenKind.OpenBrace, position);
            case '}': return Mark(HclTokenKind.CloseBrace, position);
            case '[': return Mark(HclTokenKind.OpenBracket, position);
            case ']': return Mark(HclTokenKind.CloseBracket, position);
            case ',': return Mark(HclTokenKind.Comma, position);
            case '=' when !json: return Mark(HclTokenKind.Equal, position);
            case ':' when json: return Mark(HclTokenKind.Colon, position);
            case '"': return new HclToken(HclTokenKind.Text, HclStrings.ReadQuoted(cursor, json), position);
            case '<' when !json && cursor.Peek(1) == '<': return new HclToken(HclTokenKind.Text, HclStrings.ReadHeredoc(cursor), position);
            case '-' or >= '0' and <= '9': return new HclToken(HclTokenKind.Number, ReadWhile(IsNumberPart), position);
            case '_': return new HclToken(HclTokenKind.Word, ReadWhile(IsWordPart), position);
            case var c when char.IsLetter(c): return new HclToken(HclTokenKind.Word, ReadWhile(IsWordPart), position);
            case '\'': throw new HclException("strings stand in double quotes", position);
            case var c: throw new HclException($"unexpected character {Printable(c)}", position);
        }
    }

    /// <summary>The value of a number token.</summary>
    public HclNumber ParseNumber(HclToken token)
    {
        var negative = token.Text.StartsWith('-');
        var digits = token.Text.AsSpan(negative ? 1 : 0);
        if (digits.Length is 0 or > LongestNumber || !char.IsAsciiDigit(digits[0]))
            throw new HclException("malformed number", token.Position);
        // Octal in HCL, as in file modes; JSON has no such form.
        var octal = digits is ['0', >= '0' and <= '9', ..];
        if (!(octal && json) && ParseInteger(digits, negative) is { } integer)
            return new HclNumber(token.Text, integer, integer, token.Position);
        if (octal)
            throw new HclException(json ? "malformed number" : "malformed octal number", token.Position);
        if (double.TryParse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value))
            return new HclNumber(token.Text, value, null, token.Position);
        throw new HclException("malformed number", token.Position);
    }

    private static long? ParseInteger(ReadOnlySpan<char> digits, bool negative)
    {
        var radix = digits switch
        {
            ['0', 'x' or 'X', ..] => 16,
            ['0', _, ..] => 8,
            _ => 10,
        };
        digits = radix == 16 ? digits[2..] : digits;
        if (digits.IsEmpty)
            return null;
        Int128 value = 0;
        foreach (var c in digits)
        {
            var digit = c switch
            {
                >= '0' and <= '9' => c - '0',
                >= 'a' and <= 'f' => c - 'a' + 10,
                >= 'A' and <= 'F' => c - 'A' + 10,
                _ => radix,
            };
            if (digit >= radix)
                return null;
            value = value * radix + digit;
            if (value > (Int128)long.MaxValue + 1)
                return null;
        }
        value = negative ? -value : value;
        return value > long.MaxValue ? null : (long)value;
    }

    private HclToken Mark(HclTokenKind kind, HclPosition position)
    {
        cursor.Advance();
        return new HclToken(kind, "", position);
    }

    private string ReadWhile(Func<char, bool> part)
    {
        var start = cursor.Index;
        do
            cursor.Advance();
        while (!cursor.AtEnd && part(cursor.Current));
        return cursor.Since(start).ToString();
    }

    // A sign belongs to a number at its start and in an exponent; ParseNumber refuses the rest.
    private static bool IsNumberPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '+' or '-';

    private static bool IsWordPart(char c) => char.IsLetterOrDigit(c) || c is '_' or '-' or '.';

    private void SkipBlanks()
    {
        while (!cursor.AtEnd)
        {
            switch (cursor.Current)
            {
                case ' ' or '\t' or '\r' or '\n':
                    cursor.Advance();
                    break;
                case '#' when !json:
                case '/' when !json && cursor.Peek(1) == '/':
                    cursor.ReadLine();
                    break;
                case '/' when !json && cursor.Peek(1) == '*':
                    SkipBlockComment();
                    break;
                default:
                    return;
            }
        }
    }

    private void SkipBlockComment()
    {
        var position = cursor.Position;
        cursor.Advance(2);
        while (!(cursor.Current == '*' && cursor.Peek(1) == '/'))
        {
            if (cursor.AtEnd)
                throw new HclException("the comment that starts here is not closed by \"*/\"", position);
            cursor.Advance();
        }
        cursor.Advance(2);
    }

    private static string Printable(char c) => char.IsControl(c) || char.IsSurrogate(c) || c > 0x7e ? $"U+{(int)c:X4}" : $"\"{c}\"";
}
