using System.Buffers;
using System.Text;
using Kist.Core;

namespace Kist.Engines.Database.Statements;

/// <summary>
/// Puts values into the places <c>{{name}}</c>, <c>{{username}}</c>, <c>{{password}}</c> and <c>{{expiration}}</c> of a statement, each quoted as its place
/// wants it, so that no value ever ends it. Where that cannot be made sure, the statement is refused.
/// </summary>
internal sealed class StatementValues
{
    // What ends nothing and separates nothing, not even in a statement that is itself put together from texts. A password's hash has the dollar sign.
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:+/=@$");

    private static readonly Failure Misplaced = Failure.Invalid(
        "database.unsafe_statement",
        "a statement has a value at a place where it cannot be quoted safely: put {{name}} in double quotes, and {{password}} and {{expiration}} in single "
        + "quotes, with nothing else between them");

    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>The values; null for one that the statements do not have.</summary>
    public StatementValues(string username, string? password = null, string? expiration = null)
    {
        values["{{name}}"] = username;
        values["{{username}}"] = username;
        if (password is not null)
            values["{{password}}"] = password;
        if (expiration is not null)
            values["{{expiration}}"] = expiration;
    }

    /// <summary>The statement with the values.</summary>
    public Outcome<string> PutInto(string statement)
    {
        if (values.Values.Any(v => v.Contains('\0', StringComparison.Ordinal)))
            return Misplaced;
        return PutInto(statement, inBody: false) is { } made ? made : Misplaced;
    }

    // Null where a value cannot stand. A body between dollar signs is mostly SQL again.
    private string? PutInto(string sql, bool inBody)
    {
        var made = new StringBuilder(sql.Length + 128);
        var scanner = new StatementScanner(sql);
        while (scanner.TryRead(out var piece))
        {
            var content = piece.Kind switch
            {
                PieceKind.Code => PutIntoCode(piece.Content, made.Length > 0 ? made[^1] : ' ', scanner.AtEnd, inBody),
                PieceKind.Literal => PutIntoQuotes(piece, '\'', inBody),
                PieceKind.Identifier => PutIntoQuotes(piece, '"', inBody),
                PieceKind.Dollar => PutIntoBody(piece),
                _ => piece.Content,
            };
            if (content is null)
                return null;
            made.Append(piece.Open).Append(content).Append(piece.Close);
        }
        return made.ToString();
    }

    private string? PutIntoQuotes(Piece piece, char quote, bool inBody)
    {
        if (!values.TryGetValue(piece.Content, out var value))
            return PutAmong(piece.Content);
        if (inBody)
            return IsPlain(piece.Content, value) ? value : null;
        var doubled = value.Replace($"{quote}", $"{quote}{quote}", StringComparison.Ordinal);
        return piece.Backslashes ? doubled.Replace("\\", "\\\\", StringComparison.Ordinal) : doubled;
    }

    private string? PutIntoBody(Piece piece)
    {
        var content = values.TryGetValue(piece.Content, out var value) ? value : PutInto(piece.Content, inBody: true);
        return content is not null && (content + piece.Open).IndexOf(piece.Open, StringComparison.Ordinal) == content.Length ? content : null;
    }

    // Outside quotes a value gets its own. Beside a word, a quote or a prefix such as E it would become a part of something else.
    private string? PutIntoCode(string code, char before, bool isLast, bool inBody)
    {
        var made = new StringBuilder(code.Length);
        var at = 0;
        while (NextPlace(code, at) is (var start, var key))
        {
            made.Append(code, at, start - at);
            at = start + key.Length;
            var value = values[key];
            var previous = made.Length > 0 ? made[^1] : before;
            var last = isLast ? ' ' : '\'';
            if (Joins(previous) || Joins(at < code.Length ? code[at] : last) || (inBody && !IsPlain(key, value)))
                return null;
            made.Append(key is "{{name}}" or "{{username}}" ? Identifier(value) : Literal(value));
        }
        return made.Append(code, at, code.Length - at).ToString();
    }

    // A value beside other text in quotes: that may be code that is run later, in which the value has no quotes of its own.
    private string? PutAmong(string content)
    {
        var made = new StringBuilder(content.Length);
        var at = 0;
        while (NextPlace(content, at) is (var start, var key))
        {
            if (!IsPlain(key, values[key]) || values[key].Contains("--", StringComparison.Ordinal))
                return null;
            made.Append(content, at, start - at).Append(values[key]);
            at = start + key.Length;
        }
        return made.Append(content, at, content.Length - at).ToString();
    }

    private (int Start, string Key)? NextPlace(string text, int from)
    {
        (int Start, string Key)? first = null;
        foreach (var key in values.Keys)
        {
            var found = text.IndexOf(key, from, StringComparison.Ordinal);
            if (found >= 0 && (first is not { } best || found < best.Start))
                first = (found, key);
        }
        return first;
    }

    // The time is the server's own text.
    private static bool IsPlain(string key, string value) => key == "{{expiration}}" || !value.AsSpan().ContainsAnyExcept(Plain);

    private static bool Joins(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '&' or '\'' or '"' or '\0' or >= '\u0080';

    private static string Identifier(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Literal(string value)
    {
        var doubled = value.Replace("'", "''", StringComparison.Ordinal);
        return doubled.Contains('\\', StringComparison.Ordinal) ? $"E'{doubled.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{doubled}'";
    }
}
