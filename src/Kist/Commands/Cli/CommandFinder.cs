using Kist.Commands.Arguments;
using Kist.Wire.Hcl;

namespace Kist.Commands.Cli;

/// <summary>Finds the command whose name a command line begins with; the longest name wins.</summary>
internal static class CommandFinder
{
    /// <summary>The command.</summary>
    /// <exception cref="ExitException">There is none; the message offers what is near.</exception>
    public static Command Find(IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> arguments)
    {
        if (Try(groups, arguments) is { } command)
            return command;
        var known = Known(groups, arguments);
        var wrong = arguments[Math.Min(known.Words, arguments.Count - 1)];
        var name = string.Join(' ', arguments.Take(known.Words).Append(wrong));
        throw FlagParser.IsFlag(wrong)
            ? ExitException.Usage($"flags go after the command: {wrong.Split('=')[0]} came too early")
            : ExitException.Usage($"unknown command \"{name}\"{HclSuggestion.For(wrong, known.Next)}");
    }

    /// <summary>The command, or null.</summary>
    public static Command? Try(IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> arguments) =>
        arguments.Count == 0
            ? null
            : groups.FirstOrDefault(g => g.Name == arguments[0])?.Commands()
                .Where(c => StartsWith(arguments, c.Words)).OrderByDescending(static c => c.Words.Length).FirstOrDefault();

    /// <summary>Whether the words are the beginning of longer commands, such as <c>kv</c> or <c>kv metadata</c>.</summary>
    public static bool IsPrefix(IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> words) =>
        words.Count == 0 || groups.Any(g => g.Name == words[0] && g.Commands().Any(c => c.Words.Length > words.Count && StartsWith(c.Words, words)));

    /// <summary>How many of the words lead somewhere, and which words can follow them.</summary>
    public static (int Words, IReadOnlyList<string> Next) Known(IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> words)
    {
        var count = 0;
        while (count < words.Count && IsPrefix(groups, [.. words.Take(count + 1)]))
            count++;
        IEnumerable<string> next = count == 0
            ? groups.Where(static g => !g.Hidden).Select(static g => g.Name)
            : groups.First(g => g.Name == words[0]).Commands()
                .Where(c => !c.Hidden && c.Words.Length > count && StartsWith(c.Words, [.. words.Take(count)])).Select(c => c.Words[count]);
        return (count, [.. next.Distinct(StringComparer.Ordinal)]);
    }

    private static bool StartsWith(IReadOnlyList<string> words, IReadOnlyList<string> beginning) =>
        words.Count >= beginning.Count && words.Take(beginning.Count).SequenceEqual(beginning, StringComparer.Ordinal);
}
