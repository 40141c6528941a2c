namespace Kist.Auth;

/// <summary>Patterns in which <c>*</c> stands for any number of characters, none included, and everything else for itself.</summary>
internal static class Glob
{
    /// <summary>True when the whole text is as the pattern says. Takes at most as many steps as both lengths multiplied.</summary>
    public static bool Matches(string pattern, string text)
    {
        var (p, t) = (0, 0);
        var (star, mark) = (-1, 0);
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
                // The last star takes one more character.
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

    /// <summary>True when one of the patterns fits.</summary>
    public static bool AnyMatches(IReadOnlyList<string> patterns, string text)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (Matches(patterns[i], text))
                return true;
        }
        return false;
    }
}
