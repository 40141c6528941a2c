using Kist.Wire.Http;

namespace Kist.Api.Vault;

/// <summary>
/// Decodes the path of a request target. What could mean two things to two readers (encoded slashes, dot segments, empty segments, control characters,
/// invalid UTF-8) is refused, so that the path a policy was checked for is the path that is served.
/// </summary>
internal static class RequestPath
{
    /// <summary>Longest path, in characters of the raw target.</summary>
    public const int MaxLength = 4096;

    /// <summary>Decodes <paramref name="raw"/> (without leading slash and query).</summary>
    /// <param name="raw">The path as sent.</param>
    /// <param name="path">The decoded path.</param>
    /// <param name="error">What is wrong with it.</param>
    public static bool TryDecode(ReadOnlySpan<char> raw, out string path, out string error)
    {
        path = "";
        error = "";
        if (raw.Length > MaxLength)
            error = $"the path is longer than {MaxLength} characters";
        else if (raw.Contains("%2f", StringComparison.OrdinalIgnoreCase))
            error = "the path holds an encoded slash (%2F); write it as /";
        else if (!PercentEncoding.TryDecode(raw, out path))
            error = "the path has an invalid percent escape or is not UTF-8";
        else
            error = FaultOf(path);
        return error.Length == 0;
    }

    private static string FaultOf(string path)
    {
        for (var start = 0; start < path.Length;)
        {
            var slash = path.IndexOf('/', start);
            var end = slash < 0 ? path.Length : slash;
            var segment = path.AsSpan(start, end - start);
            if (segment.IsEmpty)
                return "the path has an empty segment (//)";
            if (segment is "." or "..")
                return "the path has a \".\" or \"..\" segment";
            start = end + 1;
        }
        foreach (var c in path)
        {
            if (char.IsControl(c))
                return "the path holds a control character";
        }
        return "";
    }
}
