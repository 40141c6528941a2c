namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>Fully qualified domain names as Kubernetes checks them: RFC 1123, at least two labels.</summary>
internal static class DomainNames
{
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    /// <summary>What is wrong with a name; null when nothing is. A final dot is allowed.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0)
            return "Required value";
        var bare = name.EndsWith('.') ? name[..^1] : name;
        var labels = bare.Split('.');
        if (bare.Length > LongestName || !labels.All(IsLabel))
            return "Invalid value: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'";
        return labels.Length < 2 ? $"Invalid value: \"{name}\": should be a domain with at least two segments separated by dots" : null;
    }

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= LongestLabel
        && IsAlphanumeric(label[0])
        && IsAlphanumeric(label[^1])
        && label.All(c => c == '-' || IsAlphanumeric(c));

    private static bool IsAlphanumeric(char c) => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c);
}
