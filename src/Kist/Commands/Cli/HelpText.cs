using System.Text;
using Kist.Commands.Arguments;

namespace Kist.Commands.Cli;

/// <summary>Writes help for the terminal, from the commands' declarations.</summary>
internal static class HelpText
{
    private const int Width = 100;

    /// <summary>Help for one command.</summary>
    public static string ForCommand(Command command, string program)
    {
        var text = new StringBuilder();
        text.Append($"Usage: {program} {command.Name} [flags] {command.Arguments}".TrimEnd()).Append("\n\n");
        Paragraph(text, $"{command.Summary} {command.Description}".TrimEnd(), 2);
        if (command.Example is { } example)
            text.Append($"\nExample: {example.Does}\n\n    $ {program} {example.Line}\n");
        Flags(text, "Flags", command.Flags);
        Flags(text, "Output", CommonFlags.ForOutput(command.Shows));
        if (command.CallsServer)
            Flags(text, "Connection", CommonFlags.Connection);
        return text.ToString();
    }

    /// <summary>An overview of the commands that begin with <paramref name="words"/>, or of all groups.</summary>
    public static string ForCommands(IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> words, string program)
    {
        var known = CommandFinder.Known(groups, words);
        var prefix = string.Join(' ', words.Take(known.Words));
        var text = new StringBuilder($"Usage: {program} {prefix}{(prefix.Length > 0 ? " " : "")}COMMAND [flags] [arguments]\n\n");
        var rows = known.Words == 0
            ? groups.Where(static g => !g.Hidden).Select(static g => (g.Name, g.Summary)).ToList()
            : groups.First(g => g.Name == words[0]).Commands()
                .Where(c => !c.Hidden && $"{c.Name} ".StartsWith($"{prefix} ", StringComparison.Ordinal))
                .Select(c => (Name: c.Name[prefix.Length..].Trim(), c.Summary)).ToList();
        var width = rows.Max(static r => r.Name.Length) + 4;
        foreach (var (name, summary) in rows)
            text.Append("  ").Append(name.PadRight(width)).Append(summary).Append('\n');
        return text.Append($"\nFor help with a command: {program} {prefix}{(prefix.Length > 0 ? " " : "")}COMMAND -h\n").ToString();
    }

    /// <summary>A flag as help names it: <c>-format=&lt;table|json&gt;</c>.</summary>
    public static string Signature(Flag flag)
    {
        var value = flag.Kind == FlagKind.Switch ? "" : $"=<{flag.ValueName}>";
        return string.Join(", ", flag.Names.Select(n => $"-{n}{value}"));
    }

    /// <summary>What a flag does and the variables it goes before.</summary>
    public static string Explanation(Flag flag) => flag.Variable is { } name ? $"{flag.Summary} Also KIST_{name} or VAULT_{name}." : flag.Summary;

    private static void Flags(StringBuilder text, string title, IReadOnlyList<Flag> flags)
    {
        if (flags.Count == 0)
            return;
        text.Append('\n').Append(title).Append(":\n");
        foreach (var flag in flags)
        {
            text.Append("\n  ").Append(Signature(flag)).Append('\n');
            Paragraph(text, Explanation(flag), 6);
        }
    }

    private static void Paragraph(StringBuilder text, string words, int indent)
    {
        var column = 0;
        foreach (var word in words.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + word.Length + 1 > Width)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? new string(' ', indent) : " ").Append(word);
            column += word.Length + (column == 0 ? indent : 1);
        }

        text.Append('\n');
    }
}
