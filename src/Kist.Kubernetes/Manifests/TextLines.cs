using Kist.Wire.Hcl;

namespace Kist.Kubernetes.Manifests;

/// <summary>A text as lines with their ends, into which lines are put: all others stay as they are, byte for byte.</summary>
internal sealed class TextLines
{
    private readonly List<string> lines = [];
    private readonly SortedDictionary<int, List<string>> inserted = [];

    public TextLines(string text)
    {
        var start = 0;
        while (start < text.Length)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end + 1;
            lines.Add(text[start..end]);
            start = end;
        }
    }

    /// <summary>The line's end, which new lines get, too.</summary>
    public string EndOf(int line) => lines[line - 1].EndsWith("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    /// <summary>What stands before a position in its line; null when the line is not there.</summary>
    public string? Before(HclPosition position) =>
        position.Line <= lines.Count && position.Column - 1 <= lines[position.Line - 1].Length
            ? lines[position.Line - 1][..(position.Column - 1)]
            : null;

    /// <summary>What stands from a position to the end of its line, without the line's end.</summary>
    public string After(HclPosition position) => lines[position.Line - 1][(position.Column - 1)..].TrimEnd('\r', '\n');

    /// <summary>Puts lines before a line, and before the comments that belong to it.</summary>
    public void InsertBefore(int line, IEnumerable<string> content)
    {
        var at = line;
        while (at > 1 && lines[at - 2].TrimStart().StartsWith('#'))
            at--;
        if (!inserted.TryGetValue(at, out var list))
            inserted[at] = list = [];
        list.AddRange(content.Select(text => text + EndOf(line)));
    }

    /// <summary>Replaces a part of a line.</summary>
    public void Replace(HclPosition position, int length, string text)
    {
        var line = lines[position.Line - 1];
        lines[position.Line - 1] = line[..(position.Column - 1)] + text + line[(position.Column - 1 + length)..];
    }

    public override string ToString() =>
        string.Concat(lines.SelectMany((line, i) => inserted.TryGetValue(i + 1, out var before) ? [.. before, line] : (IEnumerable<string>)[line]));
}
