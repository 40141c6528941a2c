using System.Globalization;
using System.Text;

namespace Kist.Commands.Rendering;

/// <summary>Shows a change of a text as other tools do: unified, with three lines around each change.</summary>
internal static class LineDiff
{
    private const int Around = 3;

    /// <summary>The change; empty when there is none.</summary>
    public static string Unified(string path, string before, string after)
    {
        if (before == after)
            return "";
        var lines = Compare(before.Split('\n'), after.Split('\n'));
        var text = new StringBuilder($"--- {path}\n+++ {path}\n");
        for (var at = 0; at < lines.Count;)
        {
            var first = lines.FindIndex(at, l => l.Sign != ' ');
            if (first < 0)
                break;
            var start = Math.Max(at, first - Around);
            var end = End(lines, first);
            Hunk(text, lines, start, end);
            at = end;
        }
        return text.ToString();
    }

    // Changes that are near each other share a hunk.
    private static int End(List<Line> lines, int first)
    {
        var last = first;
        for (var i = first; i < lines.Count && i <= last + 2 * Around; i++)
        {
            if (lines[i].Sign != ' ')
                last = i;
        }
        return Math.Min(lines.Count, last + Around + 1);
    }

    private static void Hunk(StringBuilder text, List<Line> lines, int start, int end)
    {
        var (old, now) = (1 + lines.Take(start).Count(l => l.Sign != '+'), 1 + lines.Take(start).Count(l => l.Sign != '-'));
        var part = lines[start..end];
        var (oldCount, newCount) = (part.Count(l => l.Sign != '+'), part.Count(l => l.Sign != '-'));
        text.Append(CultureInfo.InvariantCulture, $"@@ -{old},{oldCount} +{now},{newCount} @@\n");
        foreach (var line in part)
            text.Append(line.Sign).Append(line.Text).Append('\n');
    }

    // By the longest common subsequence; what is shown here has some hundred lines.
    private static List<Line> Compare(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var i = before.Length - 1; i >= 0; i--)
        {
            for (var j = after.Length - 1; j >= 0; j--)
                common[i, j] = before[i] == after[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
        }
        var lines = new List<Line>();
        for (var (i, j) = (0, 0); i < before.Length || j < after.Length;)
        {
            if (i < before.Length && j < after.Length && before[i] == after[j])
                (lines, i, j) = (With(lines, ' ', before[i]), i + 1, j + 1);
            else if (j == after.Length || (i < before.Length && common[i + 1, j] >= common[i, j + 1]))
                (lines, i) = (With(lines, '-', before[i]), i + 1);
            else
                (lines, j) = (With(lines, '+', after[j]), j + 1);
        }
        // A text ends with a line's end: behind it is no line.
        return lines is [.., { Sign: ' ', Text: "" }] ? lines[..^1] : lines;
    }

    private static List<Line> With(List<Line> lines, char sign, string text)
    {
        lines.Add(new Line(sign, text));
        return lines;
    }

    private sealed record Line(char Sign, string Text);
}
