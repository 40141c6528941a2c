using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Kist.Core;

namespace Kist.Engines.Database.Statements;

/// <summary>
/// Statements as a role has them: each entry is SQL with semicolons, a JSON array of such, or one of both in base64, as the Vault API takes them.
/// </summary>
internal static class StatementList
{
    /// <summary>Most characters of all entries of a list: a lease keeps a copy of those that revoke.</summary>
    public const int MostCharacters = 10_000;

    /// <summary>Most entries of a list.</summary>
    public const int MostEntries = 100;

    /// <summary>What is wrong with a field; null for nothing.</summary>
    public static Failure? Check(string field, IReadOnlyList<string> entries)
    {
        if (entries.Count > MostEntries || entries.Sum(e => (long)e.Length) > MostCharacters)
            return Invalid(field, $"has more than {MostEntries} entries or {MostCharacters} characters");
        foreach (var statement in entries.SelectMany(Decode))
        {
            if (Cut(statement) is null)
                return Invalid(field, "has a quote or comment that nothing closes");
            if (statement.Contains('\0', StringComparison.Ordinal))
                return Invalid(field, "has a character that no statement can have");
        }
        return null;
    }

    /// <summary>The single statements, in order, without empty ones.</summary>
    public static IReadOnlyList<string> Split(IReadOnlyList<string> entries) =>
        [.. entries.SelectMany(Decode).SelectMany(entry => Cut(entry) ?? []).Where(s => s.Length > 0)];

    private static IReadOnlyList<string> Decode(string entry)
    {
        var text = entry.Trim();
        if (text.Length > 0 && !text.Any(char.IsWhiteSpace) && Base64.IsValid(text))
        {
            try
            {
                text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Convert.FromBase64String(text));
            }
            catch (ArgumentException)
            {
                // It was a word of SQL.
            }
        }
        if (!text.StartsWith('['))
            return [text];
        try
        {
            var list = JsonSerializer.Deserialize(text, StatementJson.Default.StringArray);
            return list is not null && !list.Contains(null) ? list : [text];
        }
        catch (JsonException)
        {
            return [text];
        }
    }

    // At the semicolons that are outside quotes, comments, parentheses and the bodies BEGIN ATOMIC … END. Null where something is left open.
    private static List<string>? Cut(string sql)
    {
        var statements = new List<string>();
        var current = new StringBuilder();
        var nesting = new Nesting();
        var scanner = new StatementScanner(sql);
        while (scanner.TryRead(out var piece))
        {
            if (piece.IsOpen)
                return null;
            if (piece.Kind != PieceKind.Code)
            {
                current.Append(piece.Open).Append(piece.Content).Append(piece.Close);
                continue;
            }
            foreach (var (part, ends) in nesting.Parts(piece.Content))
            {
                if (ends)
                    Finish();
                else
                    current.Append(part);
            }
        }
        Finish();
        return statements;

        void Finish()
        {
            var statement = current.ToString().Trim();
            current.Clear();
            if (HasCode(statement))
                statements.Add(statement);
        }
    }

    private static bool HasCode(string statement)
    {
        var scanner = new StatementScanner(statement);
        while (scanner.TryRead(out var piece))
        {
            if (piece.Kind != PieceKind.Comment && (piece.Kind != PieceKind.Code || !string.IsNullOrWhiteSpace(piece.Content)))
                return true;
        }
        return false;
    }

    private static Failure Invalid(string field, string why) => Failure.Invalid("database.invalid_statements", $"field \"{field}\": {why}");

    /// <summary>How deep the code is in parentheses and bodies.</summary>
    private sealed class Nesting
    {
        private int parentheses;
        private int bodies;
        private string last = "";

        /// <summary>The code again in parts, of which one that ends a statement is its semicolon.</summary>
        public IEnumerable<(string Text, bool Ends)> Parts(string code)
        {
            var start = 0;
            for (var i = 0; i <= code.Length; i++)
            {
                if (i < code.Length && (char.IsAsciiLetterOrDigit(code[i]) || code[i] == '_'))
                    continue;
                Word(code[start..i]);
                if (i > start)
                    yield return (code[start..i], false);
                if (i < code.Length)
                    yield return (code[i].ToString(), Ends(code[i]));
                start = i + 1;
            }
        }

        private bool Ends(char c)
        {
            parentheses += c switch { '(' => 1, ')' when parentheses > 0 => -1, _ => 0 };
            return c == ';' && parentheses == 0 && bodies == 0;
        }

        private void Word(string word)
        {
            if (word.Length == 0)
                return;
            var lower = word.ToLowerInvariant();
            if ((lower == "atomic" && last == "begin") || (bodies > 0 && lower == "case"))
                bodies++;
            else if (bodies > 0 && lower == "end")
                bodies--;
            last = lower;
        }
    }
}
