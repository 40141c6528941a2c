namespace Kist.Engines.Database.Statements;

/// <summary>What a piece of SQL is.</summary>
internal enum PieceKind
{
    /// <summary>SQL outside quotes and comments.</summary>
    Code,

    /// <summary><c>'…'</c>, <c>E'…'</c> or <c>U&amp;'…'</c>.</summary>
    Literal,

    /// <summary><c>"…"</c> or <c>U&amp;"…"</c>.</summary>
    Identifier,

    /// <summary><c>$tag$…$tag$</c>.</summary>
    Dollar,

    /// <summary><c>-- …</c> or <c>/* … */</c>.</summary>
    Comment,
}

/// <summary>A piece of SQL: what stands before its content (a quote), the content, and what ends it.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Open">The opening quote; empty for code. The prefix <c>E</c> or <c>U&amp;</c> belongs to the code before it.</param>
/// <param name="Content">What is between the quotes.</param>
/// <param name="Close">The closing quote; empty where the text ends before it.</param>
/// <param name="Backslashes">In a literal or identifier: a backslash escapes.</param>
internal readonly record struct Piece(PieceKind Kind, string Open, string Content, string Close, bool Backslashes)
{
    /// <summary>A quote or comment that nothing closes.</summary>
    public bool IsOpen => Kind is not PieceKind.Code && Close.Length == 0 && Open != "--";
}

/// <summary>
/// Cuts SQL of PostgreSQL into pieces by its lexical rules (sql-syntax-lexical.html), as a server with <c>standard_conforming_strings</c> on has them. Values
/// are put into the pieces, so what is cut wrongly would be an injection: the tests hold this against a real server.
/// </summary>
internal ref struct StatementScanner(string sql)
{
    private readonly string text = sql;
    private int at;

    // A literal goes on in the next line, and with the same escapes: 'a' newline 'b'.
    private bool continues;
    private Prefix lastPrefix;

    private enum Prefix
    {
        None,
        Escapes,
        Unicode,
    }

    /// <summary>True when nothing is left to read.</summary>
    public readonly bool AtEnd => at >= text.Length;

    /// <summary>The next piece; false at the end.</summary>
    public bool TryRead(out Piece piece)
    {
        piece = default;
        if (AtEnd)
            return false;
        piece = text[at] switch
        {
            '\'' => ReadQuoted(PieceKind.Literal, '\''),
            '"' => ReadQuoted(PieceKind.Identifier, '"'),
            '-' when Next('-') => ReadLineComment(),
            '/' when Next('*') => ReadBlockComment(),
            '$' when TagLength(at) is > 0 and var length => ReadDollar(length),
            _ => ReadCode(),
        };
        return true;
    }

    private readonly bool Next(char c) => at + 1 < text.Length && text[at + 1] == c;

    private Piece ReadQuoted(PieceKind kind, char quote)
    {
        var prefix = kind == PieceKind.Literal && continues ? lastPrefix : PrefixHere(kind);
        var start = at + 1;
        var end = start;
        while (end < text.Length)
        {
            if (text[end] == '\\' && prefix == Prefix.Escapes)
            {
                end += 2;
            }
            else if (text[end] != quote)
            {
                end++;
            }
            else if (end + 1 < text.Length && text[end + 1] == quote)
            {
                end += 2;
            }
            else
            {
                break;
            }
        }
        var closed = end < text.Length;
        end = Math.Min(end, text.Length);
        at = closed ? end + 1 : end;
        (continues, lastPrefix) = (kind == PieceKind.Literal, prefix);
        return new Piece(kind, quote.ToString(), text[start..end], closed ? quote.ToString() : "", prefix != Prefix.None);
    }

    // A letter alone, not the end of a word. E before a double quote is a word.
    private readonly Prefix PrefixHere(PieceKind kind)
    {
        if (kind == PieceKind.Literal && IsAlone(at - 1, 'e'))
            return Prefix.Escapes;
        return at >= 2 && text[at - 1] == '&' && IsAlone(at - 2, 'u') ? Prefix.Unicode : Prefix.None;
    }

    private readonly bool IsAlone(int index, char letter) =>
        index >= 0 && char.ToLowerInvariant(text[index]) == letter && (index == 0 || !(IsWord(text[index - 1]) || text[index - 1] == '$'));

    private Piece ReadLineComment()
    {
        var end = text.AsSpan(at).IndexOfAny('\n', '\r') is >= 0 and var found ? at + found : text.Length;
        var piece = new Piece(PieceKind.Comment, "--", text[(at + 2)..end], "", false);
        at = end;
        return piece;
    }

    private Piece ReadBlockComment()
    {
        var start = at + 2;
        var depth = 1;
        var end = start;
        while (end < text.Length)
        {
            if (string.CompareOrdinal(text, end, "*/", 0, 2) == 0)
            {
                if (--depth == 0)
                    break;
                end += 2;
            }
            else if (string.CompareOrdinal(text, end, "/*", 0, 2) == 0)
            {
                depth++;
                end += 2;
            }
            else
            {
                end++;
            }
        }
        var closed = end < text.Length;
        end = Math.Min(end, text.Length);
        at = closed ? end + 2 : end;
        return new Piece(PieceKind.Comment, "/*", text[start..end], closed ? "*/" : "", false);
    }

    // Of "$tag$" at this place; 0 where it begins none: behind a word a dollar sign is a part of it, and $1 is a parameter.
    private readonly int TagLength(int codeStart)
    {
        if (at > codeStart && (IsWord(text[at - 1]) || text[at - 1] == '$'))
            return 0;
        var end = at + 1;
        while (end < text.Length && text[end] != '$')
        {
            if (!IsWord(text[end]) || (end == at + 1 && char.IsAsciiDigit(text[end])))
                return 0;
            end++;
        }
        return end < text.Length ? end + 1 - at : 0;
    }

    private Piece ReadDollar(int length)
    {
        var tag = text.Substring(at, length);
        var start = at + length;
        var end = text.IndexOf(tag, start, StringComparison.Ordinal);
        var closed = end >= 0;
        end = closed ? end : text.Length;
        at = closed ? end + length : end;
        continues = false;
        return new Piece(PieceKind.Dollar, tag, text[start..end], closed ? tag : "", false);
    }

    private Piece ReadCode()
    {
        var start = at++;
        while (!AtEnd && !BeginsOther(start))
            at++;
        var piece = new Piece(PieceKind.Code, "", text[start..at], "", false);
        continues = continues && string.IsNullOrWhiteSpace(piece.Content);
        return piece;
    }

    private readonly bool BeginsOther(int codeStart) => text[at] switch
    {
        '\'' or '"' => true,
        '-' => Next('-'),
        '/' => Next('*'),
        '$' => TagLength(codeStart) > 0,
        _ => false,
    };

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or >= '\u0080';
}
