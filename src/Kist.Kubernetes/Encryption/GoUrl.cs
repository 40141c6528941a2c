using System.Runtime.InteropServices;

namespace Kist.Kubernetes.Encryption;

/// <summary>The parts of an address that matter here, read as Go's URL parser reads them.</summary>
/// <param name="Scheme">In lower case; empty when there is none.</param>
/// <param name="Host">What stands between <c>//</c> and the next slash.</param>
/// <param name="Path">What follows.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GoUrl(string Scheme, string Host, string Path)
{
    /// <summary>Reads an address; the fault is Go's text, or null.</summary>
    public static string? Parse(string text, out GoUrl url)
    {
        url = default;
        if (text.Any(c => c is < ' ' or '\x7f'))
            return "net/url: invalid control character in URL";
        var (scheme, rest) = SplitScheme(text);
        if (scheme is null)
            return "missing protocol scheme";
        rest = rest.Split('#')[0].Split('?')[0];
        if (scheme.Length == 0 && !rest.StartsWith('/') && rest.Split('/')[0].Contains(':', StringComparison.Ordinal))
            return "first path segment in URL cannot contain colon";
        var (host, path) = SplitHost(rest);
        url = new GoUrl(scheme.ToLowerInvariant(), host, path);
        return BadEscape(rest) is { } escape ? $"invalid URL escape \"{escape}\"" : BadHost(host);
    }

    // Null when the text starts with a colon.
    private static (string? Scheme, string Remainder) SplitScheme(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetter(c) || (i > 0 && (char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
                continue;
            if (c != ':')
                break;
            return (i == 0 ? null : text[..i], text[(i + 1)..]);
        }
        return ("", text);
    }

    private static (string Host, string Path) SplitHost(string rest)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal))
            return ("", rest);
        var slash = rest.IndexOf('/', 2);
        return slash < 0 ? (rest[2..], "") : (rest[2..slash], rest[slash..]);
    }

    private static string? BadEscape(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
                return text[at..Math.Min(at + 3, text.Length)];
        }
        return null;
    }

    private static string? BadHost(string host)
    {
        if (host.AsSpan().IndexOfAny(" \"<>") is var bad and >= 0)
            return $"invalid character \"{host[bad]}\" in host name";
        var colon = host.LastIndexOf(':');
        var hasPort = colon >= 0 && !host.EndsWith(']');
        return hasPort && !host[(colon + 1)..].All(char.IsAsciiDigit) ? $"invalid port \"{host[colon..]}\" after host" : null;
    }
}
