using System.Text;

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
        else if (!TryUnescape(raw, out path))
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

    private static bool TryUnescape(ReadOnlySpan<char> raw, out string path)
    {
        path = "";
        if (!raw.Contains('%'))
        {
            // A raw target is ASCII: the server refuses other bytes.
            path = raw.ToString();
            return true;
        }
        var bytes = new byte[raw.Length];
        var count = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                bytes[count++] = (byte)raw[i];
                continue;
            }
            if (i + 2 >= raw.Length || !TryHex(raw[i + 1], out var high) || !TryHex(raw[i + 2], out var low))
                return false;
            bytes[count++] = (byte)((high << 4) | low);
            i += 2;
        }
        var utf8 = bytes.AsSpan(0, count);
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
            return false;
        path = Encoding.UTF8.GetString(utf8);
        return true;
    }

    private static bool TryHex(char c, out int value)
    {
        value = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : -1;
        return value >= 0;
    }
}
