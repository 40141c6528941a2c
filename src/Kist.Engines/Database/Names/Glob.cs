namespace Kist.Engines.Database.Names;

/// <summary>Patterns in which <c>*</c> stands for any number of characters, none included, and everything else for itself.</summary>
internal static class Glob
{
    /// <summary>True when one of the patterns fits the whole text.</summary>
    public static bool AnyMatches(IReadOnlyList<string> patterns, string text) => patterns.Any(pattern => Matches(pattern, text));

    // At most as many steps as both lengths multiplied.
    private static bool Matches(string pattern, string text)
    {
        var (p, t, star, mark) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, mark) = (p++, t);
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }
        return pattern.AsSpan(p).Trim('*').IsEmpty;
    }
}
