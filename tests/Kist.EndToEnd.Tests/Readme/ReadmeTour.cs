namespace Kist.EndToEnd.Tests.Readme;

/// <summary>
/// The parts of a Markdown text that are marked to be run as they are typed. A comment on the line above a fenced block marks it:
/// <c>&lt;!-- tour --&gt;</c> for commands of the reader's shell, <c>&lt;!-- tour: server --&gt;</c> for a command that keeps running in a second terminal,
/// <c>&lt;!-- tour: python --&gt;</c> for a script. In a <c>console</c> block the lines after <c>$ </c> are typed and the others are what is printed, with <c>…</c>
/// for anything; in a <c>sh</c> block all lines are typed, in a <c>python</c> block too, of which comments that begin with <c># prints </c> say what is printed.
/// </summary>
public sealed record ReadmeTour(IReadOnlyList<TourBlock> Blocks)
{
    /// <summary>Finds the marked blocks.</summary>
    /// <exception cref="FormatException">A mark is not followed by a block, or its word is unknown.</exception>
    public static ReadmeTour Parse(string markdown)
    {
        var lines = markdown.ReplaceLineEndings("\n").Split('\n');
        var blocks = new List<TourBlock>();
        var i = 0;
        while (i < lines.Length)
        {
            if (Mark(lines[i++]) is not { } kind)
                continue;
            var fence = i < lines.Length ? lines[i++] : "";
            if (kind == TourKind.Python ? fence != "```python" : fence is not ("```console" or "```sh"))
                throw new FormatException($"line {i}: a tour mark needs a console, sh or python block on the next line");
            var end = Array.IndexOf(lines, "```", i);
            if (end < 0)
                throw new FormatException($"line {i}: the block does not end");
            blocks.Add(Block(kind, fence == "```console", lines[i..end]));
            i = end;
        }
        return new ReadmeTour(blocks);
    }

    private static TourKind? Mark(string line) => line switch
    {
        "<!-- tour -->" => TourKind.Shell,
        "<!-- tour: server -->" => TourKind.Server,
        "<!-- tour: python -->" => TourKind.Python,
        _ when line.StartsWith("<!-- tour", StringComparison.Ordinal) => throw new FormatException($"unknown tour mark: {line}"),
        _ => null,
    };

    private static TourBlock Block(TourKind kind, bool isConsole, string[] lines)
    {
        if (!isConsole)
            return new TourBlock(kind, [new TourCommand(string.Join('\n', lines), kind == TourKind.Python ? PromisedIn(lines) : [])]);
        var commands = new List<(List<string> Typed, List<string> Printed)>();
        var continues = false;
        foreach (var line in lines)
        {
            if (line.StartsWith("$ ", StringComparison.Ordinal))
                commands.Add(([line[2..]], []));
            else if (commands.Count == 0)
                throw new FormatException($"a console block begins with \"$ \", not with: {line}");
            else if (continues)
                commands[^1].Typed.Add(line);
            else if (line.Length > 0)
                commands[^1].Printed.Add(line);
            continues = (continues || line.StartsWith("$ ", StringComparison.Ordinal)) && line.EndsWith('\\');
        }
        return new TourBlock(kind, [.. commands.Select(c => new TourCommand(string.Join('\n', c.Typed), c.Printed))]);
    }

    private static string[] PromisedIn(string[] lines)
    {
        const string Promise = "# prints ";
        return [.. lines.Where(l => l.StartsWith(Promise, StringComparison.Ordinal)).Select(l => l[Promise.Length..])];
    }
}

/// <summary>Who runs a block.</summary>
public enum TourKind
{
    /// <summary>The reader's shell.</summary>
    Shell,

    /// <summary>A second terminal, in which it keeps running while the others are typed.</summary>
    Server,

    /// <summary>Python.</summary>
    Python,
}

/// <summary>One marked block.</summary>
/// <param name="Kind">Who runs it.</param>
/// <param name="Commands">In order.</param>
public sealed record TourBlock(TourKind Kind, IReadOnlyList<TourCommand> Commands);

/// <summary>One command as typed, and the lines that the text promises.</summary>
public sealed record TourCommand(string Typed, IReadOnlyList<string> Printed)
{
    /// <summary>The promised lines that <paramref name="output"/> does not have, in their order.</summary>
    public IReadOnlyList<string> Missing(string output)
    {
        var lines = output.Split('\n').Select(line => line.TrimEnd()).ToList();
        var missing = new List<string>();
        foreach (var promised in Printed)
        {
            var at = lines.FindIndex(line => Matches(promised, line));
            if (at < 0)
                missing.Add(promised);
            else
                lines.RemoveRange(0, at + 1);
        }
        return missing;
    }

    private static bool Matches(string promised, string line)
    {
        var parts = promised.TrimEnd().Split('…');
        if (parts is [var whole])
            return line == whole;
        if (!line.StartsWith(parts[0], StringComparison.Ordinal) || !line[parts[0].Length..].EndsWith(parts[^1], StringComparison.Ordinal))
            return false;
        var rest = line[parts[0].Length..^parts[^1].Length];
        foreach (var part in parts[1..^1])
        {
            var at = rest.IndexOf(part, StringComparison.Ordinal);
            if (at < 0)
                return false;
            rest = rest[(at + part.Length)..];
        }
        return true;
    }
}
