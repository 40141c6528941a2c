namespace Kist.Core.Policies.Matching;

/// <summary>How a pattern matches.</summary>
internal enum PatternKind
{
    /// <summary>The path itself.</summary>
    Exact,

    /// <summary>Everything that starts with it: a trailing <c>*</c> and no <c>+</c>.</summary>
    Prefix,

    /// <summary>At least one segment is <c>+</c>, which stands for any one segment; may also end in <c>*</c>.</summary>
    Segments,
}

/// <summary>
/// The path of a rule. <c>*</c> has a meaning only as the last character, <c>+</c> only as a whole segment; elsewhere they stand for themselves.
/// Patterns are ordered by priority, as Vault documents it.
/// </summary>
internal sealed class PathPattern
{
    private readonly int firstWildcard;
    private readonly int wildcards;

    /// <summary>For text that <see cref="Fault"/> has no objection to.</summary>
    public PathPattern(string text)
        : this(text.EndsWith('*') ? text[..^1] : text, text.EndsWith('*'), text.Contains("{{", StringComparison.Ordinal))
    {
    }

    private PathPattern(string literal, bool endsInGlob, bool isTemplated)
    {
        Text = endsInGlob ? literal + "*" : literal;
        EndsInGlob = endsInGlob;
        IsTemplated = isTemplated;
        Literal = literal;
        firstWildcard = Literal.Length;
        var start = 0;
        foreach (var segment in Literal.Split('/'))
        {
            if (segment == "+" && wildcards++ == 0)
                firstWildcard = start;
            start += segment.Length + 1;
        }
        if (wildcards > 0)
            Kind = PatternKind.Segments;
        else
            Kind = EndsInGlob ? PatternKind.Prefix : PatternKind.Exact;
    }

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Without the trailing <c>*</c>.</summary>
    public string Literal { get; }

    /// <summary>True with a trailing <c>*</c>.</summary>
    public bool EndsInGlob { get; }

    /// <summary>How it matches.</summary>
    public PatternKind Kind { get; }

    /// <summary>True when it holds <c>{{</c> as its author wrote it.</summary>
    public bool IsTemplated { get; }

    /// <summary>What is before the first <c>+</c> or <c>*</c>, or all.</summary>
    public ReadOnlySpan<char> Head => Literal.AsSpan(0, firstWildcard);

    /// <summary>A pattern whose templates are filled in: a <c>*</c> at the end of <paramref name="literal"/> is one, and no wildcard.</summary>
    public static PathPattern Of(string literal, bool endsInGlob) => new(literal, endsInGlob, isTemplated: false);

    /// <summary>Why a text is no pattern, or null.</summary>
    public static string? Fault(string text)
    {
        if (text.Length == 0)
            return "the path is empty";
        if (text.Contains("+*", StringComparison.Ordinal))
            return "\"+*\" is not allowed in a path (write \"+/*\" for all below any one segment)";
        var open = text.LastIndexOf("{{", StringComparison.Ordinal);
        return open >= 0 && !text.AsSpan(open).Contains("}}", StringComparison.Ordinal) ? "a template in the path is not closed by \"}}\"" : null;
    }

    /// <summary>Whether the path matches; for <see cref="PatternKind.Segments"/> segment by segment.</summary>
    public bool Matches(ReadOnlySpan<char> path)
    {
        if (!path.StartsWith(Head))
            return false;
        return Kind switch
        {
            PatternKind.Exact => path.Length == Literal.Length,
            PatternKind.Prefix => true,
            _ => MatchesSegments(Literal.AsSpan(firstWildcard), path[firstWildcard..], EndsInGlob),
        };
    }

    /// <summary>
    /// Positive when this pattern has the higher priority: its first wildcard comes later; else it does not end in <c>*</c>; else it has fewer
    /// <c>+</c>; else it is
    /// longer; else it sorts after the other.
    /// </summary>
    public int ComparePriority(PathPattern other)
    {
        var order = firstWildcard.CompareTo(other.firstWildcard);
        if (order == 0)
            order = other.EndsInGlob.CompareTo(EndsInGlob);
        if (order == 0)
            order = other.wildcards.CompareTo(wildcards);
        if (order == 0)
            order = Literal.Length.CompareTo(other.Literal.Length);
        return order != 0 ? order : string.CompareOrdinal(Literal, other.Literal);
    }

    private static bool MatchesSegments(ReadOnlySpan<char> pattern, ReadOnlySpan<char> path, bool prefix)
    {
        while (true)
        {
            var patternEnd = pattern.IndexOf('/');
            var pathEnd = path.IndexOf('/');
            var wanted = patternEnd < 0 ? pattern : pattern[..patternEnd];
            var found = pathEnd < 0 ? path : path[..pathEnd];
            var last = patternEnd < 0;
            if (last && prefix)
                return found.StartsWith(wanted);
            if (wanted is not "+" && !wanted.SequenceEqual(found))
                return false;
            if (last || pathEnd < 0)
                return last && pathEnd < 0;
            pattern = pattern[(patternEnd + 1)..];
            path = path[(pathEnd + 1)..];
        }
    }
}
