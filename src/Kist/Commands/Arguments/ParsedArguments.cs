using System.Globalization;

namespace Kist.Commands.Arguments;

/// <summary>A command line taken apart: flags that were given, and the arguments in order.</summary>
internal sealed class ParsedArguments(IReadOnlyDictionary<Flag, IReadOnlyList<string>> flags, IReadOnlyList<string> positional)
{
    /// <summary>The arguments that are no flags.</summary>
    public IReadOnlyList<string> Positional { get; } = positional;

    /// <summary>Whether the flag was given.</summary>
    public bool Has(Flag flag) => flags.ContainsKey(flag);

    /// <summary>A switch; false when not given.</summary>
    public bool Switch(Flag flag) => Text(flag) is "true";

    /// <summary>A flag's last value, or null when not given.</summary>
    public string? Text(Flag flag) => flags.TryGetValue(flag, out var values) ? values[^1] : null;

    /// <summary>A flag's number, or null when not given.</summary>
    public long? Number(Flag flag) => Text(flag) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>All values of a flag, those with commas taken apart.</summary>
    public IReadOnlyList<string> List(Flag flag) =>
        flags.TryGetValue(flag, out var values)
            ? [.. values.SelectMany(static v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))]
            : [];

    /// <summary>All values of a flag as they were given.</summary>
    public IReadOnlyList<string> Each(Flag flag) => flags.TryGetValue(flag, out var values) ? values : [];

    /// <summary>All <c>key=value</c> of a flag, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Map(Flag flag) =>
        flags.TryGetValue(flag, out var values) ? [.. values.Select(Pair)] : [];

    private static KeyValuePair<string, string> Pair(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return new KeyValuePair<string, string>(text[..at], text[(at + 1)..]);
    }
}
