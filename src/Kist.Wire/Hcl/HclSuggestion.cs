namespace Kist.Wire.Hcl;

/// <summary>Finds the word that was probably meant.</summary>
public static class HclSuggestion
{
    // Longer words are never names of fields; the bound keeps the cost of hostile input small.
    private const int LongestWord = 64;

    /// <summary><c> (did you mean "read"?)</c> with a leading blank, or an empty string when nothing is close.</summary>
    /// <param name="word">What was written.</param>
    /// <param name="known">What exists.</param>
    public static string For(string word, IEnumerable<string> known) => Closest(word, known) is { } closest ? $" (did you mean \"{closest}\"?)" : "";

    /// <summary>
    /// The known word that is the fewest edits away: at most one for words under four letters, two under eight, else three; or null.
    /// </summary>
    public static string? Closest(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord)
            return null;
        var lower = word.ToLowerInvariant();
        var allowed = word.Length switch
        {
            < 4 => 1,
            < 8 => 2,
            _ => 3,
        };
        return known.Where(k => Distance(lower, k) <= allowed).MinBy(k => Distance(lower, k));
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    cost[i, j] = i + j;
                    continue;
                }
                var replace = cost[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                cost[i, j] = Math.Min(replace, Math.Min(cost[i - 1, j], cost[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    cost[i, j] = Math.Min(cost[i, j], cost[i - 2, j - 2] + 1);
            }
        }
        return cost[a.Length, b.Length];
    }
}
