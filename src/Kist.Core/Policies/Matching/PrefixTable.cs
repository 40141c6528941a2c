namespace Kist.Core.Policies.Matching;

/// <summary>
/// Finds the longest of many prefixes in logarithmic time without allocation. Among prefixes in order, every prefix of a path is also a prefix of the
/// last one
/// that is not greater than the path; so that one is found by halving, and then the chain of those that it starts with is followed.
/// </summary>
internal sealed class PrefixTable
{
    private readonly AclRule[] rules;
    private readonly string[] prefixes;
    private readonly int[] parents;

    public PrefixTable(IEnumerable<AclRule> prefixRules)
    {
        rules = [.. prefixRules.OrderBy(r => r.Pattern.Literal, StringComparer.Ordinal)];
        prefixes = [.. rules.Select(r => r.Pattern.Literal)];
        parents = new int[prefixes.Length];
        for (var i = 0; i < prefixes.Length; i++)
        {
            parents[i] = i - 1;
            while (parents[i] >= 0 && !prefixes[i].StartsWith(prefixes[parents[i]], StringComparison.Ordinal))
                parents[i] = parents[parents[i]];
        }
    }

    /// <summary>The rule with the longest prefix of <paramref name="path"/>, or null.</summary>
    public AclRule? Find(ReadOnlySpan<char> path)
    {
        var low = 0;
        var high = prefixes.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (path.SequenceCompareTo(prefixes[middle]) >= 0)
                low = middle + 1;
            else
                high = middle;
        }
        var found = low - 1;
        while (found >= 0 && !path.StartsWith(prefixes[found], StringComparison.Ordinal))
            found = parents[found];
        return found < 0 ? null : rules[found];
    }
}
