using System.Text;

namespace Kist.Commands.Policies;

/// <summary>
/// The usual layout of HCL: two spaces a level, equal signs of neighbouring lines below each other, at most one empty line. Works on lines, so that
/// comments and texts stay as they are, and changes white space only.
/// </summary>
internal static class PolicyLayout
{
    /// <summary>The same policy in the usual layout. Formatting it again changes nothing.</summary>
    public static string Format(string source)
    {
        var lines = new List<Line>();
        var scanner = new BracketScanner();
        foreach (var raw in source.ReplaceLineEndings("\n").Split('\n'))
            Add(lines, scanner, raw);
        while (lines.Count > 0 && lines[^1].Text.Length == 0)
            lines.RemoveAt(lines.Count - 1);
        return Render(lines);
    }

    private static void Add(List<Line> lines, BracketScanner scanner, string raw)
    {
        var verbatim = scanner.InsideComment;
        var text = verbatim ? raw : raw.Trim();
        if (!verbatim && text.Length == 0 && (lines.Count == 0 || lines[^1].Text.Length == 0))
            return;

        // Brackets that close at a line's beginning belong to the level outside.
        var level = scanner.Depth - text.TakeWhile(static c => c is '}' or ']').Count();
        scanner.Read(text);
        lines.Add(verbatim ? new Line(text, 0, BracketScanner.None) : new Line(text, Math.Max(0, level), BracketScanner.Assignment(text)));
    }

    private static string Render(List<Line> lines)
    {
        var text = new StringBuilder();
        foreach (var (at, line) in lines.Index())
            text.Append(' ', line.Text.Length == 0 ? 0 : line.Level * 2).Append(Aligned(lines, at)).Append('\n');
        return text.ToString();
    }

    /// <summary>The line with its equal sign moved below those of the assignments around it.</summary>
    private static string Aligned(List<Line> lines, int at)
    {
        var line = lines[at];
        if (line.Assignment == BracketScanner.None)
            return line.Text;
        var first = at;
        while (first > 0 && IsNeighbour(lines[first - 1], line))
            first--;
        var last = at;
        while (last < lines.Count - 1 && IsNeighbour(lines[last + 1], line))
            last++;
        var width = lines[first..(last + 1)].Max(static l => l.Key.Length);
        return $"{line.Key.PadRight(width)} = {line.Text[(line.Assignment + 1)..].TrimStart()}".TrimEnd();
    }

    private static bool IsNeighbour(Line other, Line line) => other.Assignment != BracketScanner.None && other.Level == line.Level;

    private sealed record Line(string Text, int Level, int Assignment)
    {
        public string Key => Text[..Assignment].TrimEnd();
    }
}
