using System.Globalization;
using System.Text;

namespace Kist.Client.Templates.Parsing;

/// <summary>Cuts the inside of an action into tokens.</summary>
internal sealed class ActionLexer(TemplateSource source, int start, string right)
{
    private readonly string text = source.Text;
    private int parentheses;

    public int Index { get; private set; } = start;

    public bool AtEnd => Index >= text.Length;

    private char Current => AtEnd ? '\0' : text[Index];

    public static bool IsSpace(char c) => c is ' ' or '\t' or '\r' or '\n';

    /// <summary>Steps over the right delimiter, with the <c>-</c> and the white space before it.</summary>
    public bool TryTakeEnd(out int length, out bool trims)
    {
        var end = Index;
        while (end < text.Length && IsSpace(text[end]))
            end++;
        trims = end > Index && end < text.Length && text[end] == '-' && StartsWithRight(end + 1);
        length = trims ? end + 1 - Index + right.Length : right.Length;
        if (!trims && !StartsWithRight(Index))
            return false;
        if (parentheses > 0)
            throw source.Fault("a parenthesis is not closed before the action ends", Index);
        Index += length;
        return true;
    }

    /// <summary>The next token; not at the end.</summary>
    public TemplateToken Next()
    {
        var begin = Index;
        var c = text[Index];
        switch (c)
        {
            case var _ when IsSpace(c): return TakeWhile(TemplateTokenKind.Space, begin, IsSpace);
            case ':' when Index + 1 < text.Length && text[Index + 1] == '=': return Take(TemplateTokenKind.Declare, 2);
            case '=': return Take(TemplateTokenKind.Assign, 1);
            case '|': return Take(TemplateTokenKind.Pipe, 1);
            case ',': return Take(TemplateTokenKind.Comma, 1);
            case '"': return TakeQuoted(TemplateTokenKind.QuotedText, '"', "string");
            case '\'': return TakeQuoted(TemplateTokenKind.Character, '\'', "character");
            case '`': return TakeRaw();
            case '(':
                parentheses++;
                return Take(TemplateTokenKind.LeftParenthesis, 1);
            case ')':
                if (--parentheses < 0)
                    throw source.Fault("unexpected \")\"", begin);
                return Take(TemplateTokenKind.RightParenthesis, 1);
            case '$': return TakeName(TemplateTokenKind.Variable, TemplateTokenKind.Variable);
            case '.' when !IsDigit(Index + 1): return TakeName(TemplateTokenKind.Field, TemplateTokenKind.Dot);
            case '.' or '+' or '-': return TakeNumber();
            case var _ when char.IsAsciiDigit(c): return TakeNumber();
            case var _ when NameLength(Index) > 0: return TakeName(TemplateTokenKind.Identifier, TemplateTokenKind.Identifier);
            default: throw source.Fault($"unexpected character {Printable(Index)}", begin);
        }
    }

    private bool IsDigit(int index) => index < text.Length && char.IsAsciiDigit(text[index]);

    private bool StartsWithRight(int index) => text.AsSpan(Math.Min(index, text.Length)).StartsWith(right, StringComparison.Ordinal);

    private TemplateToken Take(TemplateTokenKind kind, int length)
    {
        Index += length;
        return new TemplateToken(kind, Index - length, length);
    }

    private TemplateToken TakeWhile(TemplateTokenKind kind, int begin, Func<char, bool> part)
    {
        while (!AtEnd && part(text[Index]))
            Index++;
        return new TemplateToken(kind, begin, Index - begin);
    }

    private TemplateToken TakeName(TemplateTokenKind kind, TemplateTokenKind ifEmpty)
    {
        var begin = Index;
        Index += kind == TemplateTokenKind.Identifier ? 0 : 1;
        var name = Index;
        while (NameLength(Index) is var length and > 0)
            Index += length;
        if (!AtTerminator())
            throw source.Fault($"unexpected character {Printable(Index)} in a name", Index);
        return new TemplateToken(Index == name ? ifEmpty : kind, begin, Index - begin);
    }

    private TemplateToken TakeNumber()
    {
        var begin = Index++;
        while (!AtEnd && (char.IsAsciiLetterOrDigit(Current) || Current is '.' or '_' || IsExponentSign(begin)))
            Index++;
        return new TemplateToken(TemplateTokenKind.Number, begin, Index - begin);
    }

    private bool IsExponentSign(int begin) => Current is '+' or '-' && text[Index - 1] is 'e' or 'E'
        && !text.AsSpan(begin, Index - begin).Contains("0x", StringComparison.OrdinalIgnoreCase);

    private TemplateToken TakeQuoted(TemplateTokenKind kind, char quote, string noun)
    {
        var begin = Index++;
        while (true)
        {
            if (AtEnd || Current == '\n')
                throw source.Fault($"the {noun} that starts here is not closed on its line", begin);
            var c = text[Index++];
            if (c == quote)
                return new TemplateToken(kind, begin, Index - begin);
            if (c == '\\' && !AtEnd && Current != '\n')
                Index++;
        }
    }

    private TemplateToken TakeRaw()
    {
        var end = text.IndexOf('`', Index + 1);
        if (end < 0)
            throw source.Fault("the string that starts here is not closed by another \"`\"", Index);
        return Take(TemplateTokenKind.RawText, end + 1 - Index);
    }

    private bool AtTerminator() =>
        AtEnd || IsSpace(Current) || Current is '.' or ',' or '|' or ':' or ')' or '(' or '=' || StartsWithRight(Index);

    /// <summary>Units of the letter, digit or underscore at a place; else 0.</summary>
    private int NameLength(int index)
    {
        if (index >= text.Length)
            return 0;
        if (text[index] == '_' || char.IsAsciiLetterOrDigit(text[index]))
            return 1;
        if (text[index] < 0x80 || !Rune.TryGetRuneAt(text, index, out var rune))
            return 0;
        return Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber ? rune.Utf16SequenceLength : 0;
    }

    private string Printable(int index) => text[index] is > ' ' and <= '~' ? $"\"{text[index]}\"" : $"U+{(int)text[index]:X4}";
}
