using System.Buffers;
using Kist.Wire.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>
/// The path of a request, decoded once and sent on in its one canonical form. What could mean another path to the server, or to a proxy before it, than to the
/// rules here is refused: encoded slashes and backslashes, dot segments, empty segments, control characters, and all of these encoded twice.
/// </summary>
internal static class TargetPath
{
    private const int MaxLength = 4096;

    private static readonly SearchValues<string> Hidden = SearchValues.Create(["%2e", "%2f", "%5c", "%00", "%25"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Decodes what follows <c>/v1/</c>.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    public static string? Decode(ReadOnlySpan<char> raw, out string path)
    {
        path = "";
        if (raw.Length is 0 or > MaxLength)
            return $"the path is empty or longer than {MaxLength} characters";
        if (raw.ContainsAny('#', '\\'))
            return "the path holds # or a backslash";
        if (!PercentEncoding.TryDecode(raw, out path))
            return "the path has an invalid percent escape or is not UTF-8";
        // A slash that was sent as %2F has become one that was not there.
        if (path.AsSpan().Count('/') != raw.Count('/') || path.Contains('\\', StringComparison.Ordinal))
            return "the path holds an encoded slash or backslash";
        if (path.AsSpan().ContainsAny(Hidden))
            return "the path is encoded twice";
        if (path.Any(char.IsControl))
            return "the path holds a control character";
        return HasOddSegment(path) ? "the path has an empty segment (//), \".\" or \"..\"" : null;
    }

    /// <summary>The canonical form.</summary>
    public static string Encode(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static bool HasOddSegment(string path)
    {
        var segments = path.Split('/');
        return segments.Where((s, i) => s is "." or ".." || (s.Length == 0 && i < segments.Length - 1)).Any();
    }
}
