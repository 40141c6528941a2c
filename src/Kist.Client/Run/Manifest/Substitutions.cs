using System.Text.RegularExpressions;

namespace Kist.Client.Run.Manifest;

/// <summary>The variables of a secrets file, given by <c>-D name=value</c>: <c>$name</c> stands for a value and <c>$$</c> for a dollar.</summary>
public sealed partial class Substitutions
{
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);

    /// <summary>Reads <c>name=value</c>; the value may hold more equals signs, and a later one of the same name wins.</summary>
    /// <exception cref="RunException">One has no equals sign.</exception>
    public Substitutions(IEnumerable<string> definitions)
    {
        foreach (var definition in definitions)
        {
            var at = definition.IndexOf('=', StringComparison.Ordinal);
            if (at < 0)
                throw RunException.Usage($"invalid substitution format: \"{definition}\" (expected key=value)");
            values[definition[..at]] = definition[(at + 1)..];
        }
    }

    /// <summary>None.</summary>
    public static Substitutions None { get; } = new([]);

    /// <summary>Puts values in the place of their names.</summary>
    /// <exception cref="RunException">A name is not declared.</exception>
    public string Apply(string text) => text.Contains('$', StringComparison.Ordinal) ? Reference().Replace(text, Value) : text;

    private string Value(Match match)
    {
        var name = match.ValueSpan[1..].ToString();
        if (name == "$")
            return "$";
        return values.GetValueOrDefault(name) ?? throw RunException.Usage($"variable {name} not declared: give it with -D {name}=VALUE");
    }

    [GeneratedRegex(@"\$([0-9A-Za-z_]+|\$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Reference();
}
