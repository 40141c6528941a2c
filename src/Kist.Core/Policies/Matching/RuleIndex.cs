namespace Kist.Core.Policies.Matching;

/// <summary>All rules of a token's policies, one a pattern. Immutable; finding allocates nothing.</summary>
internal sealed class RuleIndex
{
    private readonly IReadOnlyCollection<AclRule> all;
    private readonly Dictionary<string, AclRule>.AlternateLookup<ReadOnlySpan<char>> exact;
    private readonly PrefixTable prefixes;

    // From the highest priority to the lowest: the first match is the best.
    private readonly AclRule[] segments;

    public RuleIndex(IReadOnlyCollection<AclRule> rules)
    {
        all = rules;
        exact = rules.Where(r => r.Pattern.Kind == PatternKind.Exact)
            .ToDictionary(r => r.Pattern.Literal, StringComparer.Ordinal)
            .GetAlternateLookup<ReadOnlySpan<char>>();
        prefixes = new PrefixTable(rules.Where(r => r.Pattern.Kind == PatternKind.Prefix));
        segments = [.. rules.Where(r => r.Pattern.Kind == PatternKind.Segments)];
        Array.Sort(segments, (a, b) => b.Pattern.ComparePriority(a.Pattern));
    }

    /// <summary>
    /// The rule that decides about a path: an exact one, or else the matching one of the highest priority.
    /// </summary>
    /// <param name="path">The path.</param>
    /// <param name="folder">
    /// The operation lists: a rule for the folder's name without its trailing slash applies too, where none does with the slash. Patterns are not
    /// asked without the slash first: <c>a/*</c> matches the name <c>a/b</c> and would hide <c>a/b/*</c>.
    /// </param>
    public AclRule? Find(ReadOnlySpan<char> path, bool folder)
    {
        if (exact.TryGetValue(path, out var rule))
            return rule;
        if (!folder || !path.EndsWith('/'))
            return FindPattern(path);
        var name = path[..^1];
        return exact.TryGetValue(name, out rule) ? rule : FindPattern(path) ?? FindPattern(name);
    }

    /// <summary>Whether some rule that can grant something may match a path that starts with <paramref name="folder"/>.</summary>
    public bool CanGrantBelow(string folder)
    {
        foreach (var rule in all)
        {
            if (rule.CanGrant && MayMatchBelow(rule.Pattern, folder))
                return true;
        }
        return false;
    }

    private static bool MayMatchBelow(PathPattern pattern, ReadOnlySpan<char> folder)
    {
        if (pattern.Head.StartsWith(folder))
            return true;
        // A rule for the folder's name allows to list it; a wildcard before the folder's end may reach into it.
        return pattern.Kind == PatternKind.Exact ? folder[..^1].SequenceEqual(pattern.Head) : folder.StartsWith(pattern.Head);
    }

    private AclRule? FindPattern(ReadOnlySpan<char> path)
    {
        var prefix = prefixes.Find(path);
        foreach (var rule in segments)
        {
            if (prefix is not null && rule.Pattern.ComparePriority(prefix.Pattern) < 0)
                break;
            if (rule.Pattern.Matches(path))
                return rule;
        }
        return prefix;
    }
}
