using Kist.Core.Tokens;

namespace Kist.Core.Certificates;

/// <summary>Patterns of names in which <c>*</c> stands for any text; letters' case counts.</summary>
public static class NamePatterns
{
    /// <summary>Whether one pattern matches one name.</summary>
    public static bool MatchAny(IReadOnlyList<string> patterns, IEnumerable<string> names) => names.Any(name => PolicyGlob.AnyMatches(patterns, name));
}
