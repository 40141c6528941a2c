using System.Text;

namespace Kist.Core.Policies.Matching;

/// <summary>
/// Fills in the <c>{{parameters}}</c> of a rule's path. A value is literal text and never widens a rule: it brings no wildcard, whatever signs it
/// has, and the
/// pattern ends in <c>*</c> only if its author wrote so. It may have slashes, and then spans several segments.
/// </summary>
internal static class PathTemplate
{
    private const string Open = "{{";
    private const string Close = "}}";

    /// <summary>The parameters in the text of a path, in order.</summary>
    public static IEnumerable<string> Parameters(string text) => Pieces(text).Where(p => p.IsParameter).Select(p => p.Text);

    /// <summary>
    /// The pattern with values; null, so that the rule grants nothing, when a parameter has none or one that cannot be meant literally.
    /// </summary>
    /// <param name="pattern">As written.</param>
    /// <param name="values">The value of a parameter; null or empty when it has none.</param>
    public static PathPattern? Fill(PathPattern pattern, Func<string, string?> values)
    {
        var literal = new StringBuilder();
        var skeleton = new StringBuilder();
        foreach (var (text, isParameter) in Pieces(pattern.Literal))
        {
            if (!isParameter)
            {
                literal.Append(text);
                skeleton.Append(text);
                continue;
            }
            if (values(text) is not { Length: > 0 } value)
                return null;
            literal.Append(value);
            skeleton.Append('x');
        }
        var filled = literal.ToString();
        // A segment that became a lone + by a value would match any.
        return Wildcards(filled) == Wildcards(skeleton.ToString()) ? PathPattern.Of(filled, pattern.EndsInGlob) : null;
    }

    private static int Wildcards(string text) => text.Split('/').Count(segment => segment == "+");

    private static IEnumerable<(string Text, bool IsParameter)> Pieces(string text)
    {
        var start = 0;
        while (text.IndexOf(Open, start, StringComparison.Ordinal) is >= 0 and var open)
        {
            var close = text.IndexOf(Close, open + Open.Length, StringComparison.Ordinal);
            if (close < 0)
                break;
            if (open > start)
                yield return (text[start..open], false);
            yield return (text[(open + Open.Length)..close].Trim(), true);
            start = close + Close.Length;
        }
        if (start < text.Length)
            yield return (text[start..], false);
    }
}
