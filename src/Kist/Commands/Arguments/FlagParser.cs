using System.Globalization;
using Kist.Commands.Cli;
using Kist.Wire.Hcl;

namespace Kist.Commands.Arguments;

/// <summary>
/// Takes a command line apart. Flags have one dash or two, a value after <c>=</c> or as the next argument, and stand before, between or after the
/// arguments; <c>--</c> ends them and <c>-</c> is an argument (standard input).
/// </summary>
internal static class FlagParser
{
    /// <param name="arguments">The command line behind the command's name.</param>
    /// <param name="known">The flags that there are.</param>
    /// <param name="endAtArgument">Whether the first argument ends the flags: what follows is another program's command line.</param>
    /// <exception cref="ExitException">A flag is unknown or its value cannot be used. The message quotes no value: it may be secret.</exception>
    public static ParsedArguments Parse(IReadOnlyList<string> arguments, IReadOnlyList<Flag> known, bool endAtArgument = false)
    {
        var flags = new Dictionary<Flag, IReadOnlyList<string>>();
        var positional = new List<string>();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var argument) && argument != "--")
        {
            if (!IsFlag(argument))
            {
                positional.Add(argument);
                if (endAtArgument)
                    break;
                continue;
            }

            var (name, value) = Split(argument);
            var flag = Find(name, known);
            value ??= flag.Kind == FlagKind.Switch ? "true" : Next(rest, flag);
            flags[flag] = [.. flags.GetValueOrDefault(flag) ?? [], Check(flag, value)];
        }

        positional.AddRange(rest);
        return new ParsedArguments(flags, positional);
    }

    /// <summary>The words before the first argument, or before <c>--</c>: flags, known or not, and their values.</summary>
    public static IReadOnlyList<string> Leading(IReadOnlyList<string> arguments, IReadOnlyList<Flag> known)
    {
        var count = 0;
        while (count < arguments.Count && arguments[count] != "--" && IsFlag(arguments[count]))
        {
            var (name, value) = Split(arguments[count]);
            var takesNext = value is null && known.Any(f => f.Kind != FlagKind.Switch && f.Names.Contains(name, StringComparer.Ordinal));
            count += takesNext ? 2 : 1;
        }
        return [.. arguments.Take(count)];
    }

    /// <summary>Whether the argument is a flag by its look.</summary>
    public static bool IsFlag(string argument) => argument.Length > 1 && argument[0] == '-';

    private static (string Name, string? Value) Split(string argument)
    {
        var text = argument.StartsWith("--", StringComparison.Ordinal) ? argument[2..] : argument[1..];
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static Flag Find(string name, IReadOnlyList<Flag> known) =>
        known.FirstOrDefault(f => f.Names.Contains(name, StringComparer.Ordinal))
        ?? throw ExitException.Usage($"unknown flag -{name}{HclSuggestion.For($"-{name}", Dashed(known))}");

    private static IEnumerable<string> Dashed(IEnumerable<Flag> flags) => flags.SelectMany(static f => f.Names).Select(static n => $"-{n}");

    private static string Next(Queue<string> rest, Flag flag) =>
        rest.TryDequeue(out var value) ? value : throw ExitException.Usage($"flag {flag} needs a value: {flag}=<{flag.ValueName}>");

    private static string Check(Flag flag, string value)
    {
        if (flag.Choices.Count > 0 && !flag.Choices.Contains(value, StringComparer.Ordinal))
            throw ExitException.Usage($"flag {flag} must be one of {string.Join(", ", flag.Choices)}{HclSuggestion.For(value, flag.Choices)}");
        return flag.Kind switch
        {
            FlagKind.Switch => Boolean(flag, value),
            FlagKind.Number when !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) =>
                throw ExitException.Usage($"flag {flag} must be a whole number"),
            FlagKind.Map when value.IndexOf('=', StringComparison.Ordinal) < 1 =>
                throw ExitException.Usage($"flag {flag} must have the form key=value"),
            _ => value,
        };
    }

    private static string Boolean(Flag flag, string value) => value.ToLowerInvariant() switch
    {
        "true" or "t" or "1" => "true",
        "false" or "f" or "0" => "false",
        _ => throw ExitException.Usage($"flag {flag} is a switch: leave the value out, or give true or false"),
    };
}
