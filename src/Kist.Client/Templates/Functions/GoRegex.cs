using System.Globalization;
using System.Text.RegularExpressions;
using Kist.Client.Templates.Formatting;

namespace Kist.Client.Templates.Functions;

/// <summary>
/// Regular expressions in Go's syntax, run without backtracking, so that none takes long. A pattern or a text may be secret; faults repeat neither.
/// </summary>
internal static class GoRegex
{
    private const int LongestPattern = 10_000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static bool IsMatch(string pattern, string text) => Run(pattern, (regex, _) => regex.IsMatch(text));

    /// <summary>All matches replaced.</summary>
    /// <param name="pattern">What to look for.</param>
    /// <param name="text">Where.</param>
    /// <param name="template">What to put there; <c>$1</c>, <c>${1}x</c>, <c>$name</c> stand for groups, <c>$$</c> for <c>$</c>.</param>
    public static string Replace(string pattern, string text, string template) => Run(pattern, (regex, names) =>
    {
        var replaced = new BoundedText();
        var end = 0;
        foreach (Match match in regex.Matches(text))
        {
            replaced.Append(text.AsSpan(end, match.Index - end));
            Expand(replaced, match, names, template);
            end = match.Index + match.Length;
        }
        return replaced.Append(text.AsSpan(end)).ToString();
    });

    /// <summary>The first match; empty when there is none.</summary>
    public static string Find(string pattern, string text) => Run(pattern, (regex, _) => regex.Match(text).Value);

    private static T Run<T>(string pattern, Func<Regex, IReadOnlyDictionary<string, int>, T> run)
    {
        if (pattern.Length > LongestPattern)
            throw new TemplateFaultException($"the regular expression has more than {LongestPattern} characters");
        try
        {
            var (net, names) = RegexTranslation.ToNet(pattern);
            return run(new Regex(net, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Limit), names);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new TemplateFaultException("the regular expression takes too long");
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw Malformed();
        }
    }

    /// <summary>The fault of a pattern that is malformed, or whose meaning Go does not know.</summary>
    public static TemplateFaultException Malformed() => new("the regular expression is malformed or uses what Go's do not have");

    private static void Expand(BoundedText text, Match match, IReadOnlyDictionary<string, int> names, string template)
    {
        var rest = template.AsSpan();
        while (rest.IndexOf('$') is var dollar and >= 0)
        {
            text.Append(rest[..dollar]);
            rest = rest[(dollar + 1)..];
            if (rest.StartsWith('$'))
            {
                text.Append('$');
                rest = rest[1..];
            }
            else if (TakeName(ref rest) is { } name)
            {
                text.Append(Group(match, names, name));
            }
            else
            {
                text.Append('$');
            }
        }
        text.Append(rest);
    }

    private static string Group(Match match, IReadOnlyDictionary<string, int> names, string name)
    {
        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            number = names.GetValueOrDefault(name, -1);
        return number >= 0 ? match.Groups[number].Value : "";
    }

    private static string? TakeName(ref ReadOnlySpan<char> rest)
    {
        var isBraced = rest.StartsWith('{');
        var name = isBraced ? rest[1..] : rest;
        var length = 0;
        while (length < name.Length && (char.IsAsciiLetterOrDigit(name[length]) || name[length] == '_'))
            length++;
        if (length == 0 || (isBraced && (length == name.Length || name[length] != '}')))
            return null;
        rest = name[(length + (isBraced ? 1 : 0))..];
        return name[..length].ToString();
    }
}
