using Kist.Commands.Arguments;

namespace Kist.Commands.Cli;

/// <summary>Finds what can stand where the cursor is: commands, flags, the values of flags, and paths that the server knows.</summary>
internal static class Completer
{
    /// <summary>The candidates for the last of <paramref name="words"/>, which may be empty; each begins with it.</summary>
    public static async Task<IReadOnlyList<string>> CandidatesAsync(
        CliHost host, IReadOnlyList<CommandGroup> groups, IReadOnlyList<string> words, CancellationToken cancellation)
    {
        var current = words.Count > 0 ? words[^1] : "";
        var before = words.Take(Math.Max(0, words.Count - 1)).ToList();
        if (CommandFinder.Try(groups, before) is not { } command)
            return Commands(groups, before, current);

        // "kv" is complete, but "kv metadata" is not the same command as "kv metadata get".
        IReadOnlyList<string> longer = CommandFinder.IsPrefix(groups, before) ? Commands(groups, before, current) : [];
        if (ValueOf(command, before, current) is { } values)
            return values;
        if (current.StartsWith('-'))
            return Flags(command, current);
        return [.. longer, .. await PathCompleter.CandidatesAsync(host, command, before, current, cancellation)];
    }

    private static IReadOnlyList<string> Commands(IReadOnlyList<CommandGroup> groups, List<string> before, string current)
    {
        var (count, next) = CommandFinder.Known(groups, before);
        return count == before.Count ? StartingWith(next, current) : [];
    }

    /// <summary>Values of a flag whose value is being typed, as <c>-flag=va</c> or after <c>-flag</c>; null when none is.</summary>
    private static IReadOnlyList<string>? ValueOf(Command command, List<string> before, string current)
    {
        var at = current.IndexOf('=', StringComparison.Ordinal);
        if (FlagParser.IsFlag(current) && at > 0)
            return Find(command, current[..at]) is { } typed ? StartingWith(typed.Choices.Select(c => $"{current[..at]}={c}"), current) : [];
        var last = before.Count > 0 ? before[^1] : "";
        return FlagParser.IsFlag(last) && !last.Contains('=', StringComparison.Ordinal) && Find(command, last) is { Kind: not FlagKind.Switch } open
            ? StartingWith(open.Choices, current)
            : null;
    }

    private static IReadOnlyList<string> Flags(Command command, string current)
    {
        var dashes = current.StartsWith("--", StringComparison.Ordinal) ? "--" : "-";
        return StartingWith(command.AllFlags.Select(f => $"{dashes}{f.Name}{(f.Kind == FlagKind.Switch ? "" : "=")}"), current);
    }

    private static Flag? Find(Command command, string typed) =>
        command.AllFlags.FirstOrDefault(f => f.Names.Contains(typed.TrimStart('-'), StringComparer.Ordinal));

    private static IReadOnlyList<string> StartingWith(IEnumerable<string> candidates, string current) =>
        [.. candidates.Where(c => c.StartsWith(current, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
