using System.Runtime.InteropServices;

namespace Kist.Kubernetes.Encryption;

/// <summary>The parts of an address that matter here, read as Go's URL parser reads them.</summary>
/// <param name="Scheme">In lower case; empty when there is none.</param>
/// <param name="Host">What stands between <c>//</c> and the next slash, without user and password.</param>
/// <param name="Path">What follows; empty when no slash follows the scheme's colon.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GoUrl(string Scheme, string Host, string Path)
{
    // What may stand in a host as it is, beside letters, digits and all beyond ASCII.
    private const string HostMarks = "-_.~!$&'()*+,;=:[]<>\"";
    private const string UserMarks = "-_.~!$&'()*+,;=:%@";

    /// <summary>Reads an address; the fault is Go's text, or null.</summary>
    public static string? Parse(string text, out GoUrl url)
    {
        url = default;
        var (address, fragment) = Cut(text, '#');
        if (address.Any(c => c is < ' ' or '\x7f'))
            return "net/url: invalid control character in URL";
        var (scheme, rest) = SplitScheme(address);
        if (scheme is null)
            return "missing protocol scheme";
        rest = Cut(rest, '?').Before;
        // What has a scheme and starts with no slash is not looked into.
        if (scheme.Length > 0 && !rest.StartsWith('/'))
        {
            url = new GoUrl(scheme.ToLowerInvariant(), "", "");
            return BadEscape(fragment);
        }
        if (!rest.StartsWith('/') && Cut(rest, '/').Before.Contains(':', StringComparison.Ordinal))
            return "first path segment in URL cannot contain colon";
        var (authority, path) = SplitAuthority(scheme, rest);
        var at = authority.LastIndexOf('@');
        var host = authority[(at + 1)..];
        url = new GoUrl(scheme.ToLowerInvariant(), host, path);
        return BadHost(host) ?? BadUser(authority[..Math.Max(at, 0)]) ?? BadEscape(path) ?? BadEscape(fragment);
    }

    private static (string Before, string Behind) Cut(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) is var at and >= 0 ? (text[..at], text[(at + 1)..]) : (text, "");

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

    private static (string Authority, string Path) SplitAuthority(string scheme, string rest)
    {
        if (!rest.StartsWith("//", StringComparison.Ordinal) || (scheme.Length == 0 && rest.StartsWith("///", StringComparison.Ordinal)))
            return ("", rest);
        var slash = rest.IndexOf('/', 2);
        return slash < 0 ? (rest[2..], "") : (rest[2..slash], rest[slash..]);
    }

    private static string? BadHost(string host)
    {
        var colon = host.LastIndexOf(':');
        if (host.StartsWith('['))
        {
            var end = host.LastIndexOf(']');
            if (end < 0)
                return "missing ']' in host";
            colon = end + 1 < host.Length ? end + 1 : -1;
        }
        if (colon >= 0 && (host[colon] != ':' || !host[(colon + 1)..].All(char.IsAsciiDigit)))
            return $"invalid port \"{host[colon..]}\" after host";
        if (BadEscape(host) is { } fault)
            return fault;
        // Escapes stand for what is beyond ASCII, or for a percent sign.
        for (var at = host.IndexOf('%', StringComparison.Ordinal); at >= 0; at = host.IndexOf('%', at + 1))
        {
            if (host[at + 1] < '8' && host.AsSpan(at + 1, 2) is not "25")
                return $"invalid URL escape \"{host.AsSpan(at, 3)}\"";
        }
        return host.Any(IsForeign) ? $"invalid character \"{host.First(IsForeign)}\" in host name" : null;
    }

    private static bool IsForeign(char c) =>
        c < '\x80' && c != '%' && !char.IsAsciiLetterOrDigit(c) && !HostMarks.Contains(c, StringComparison.Ordinal);

    private static string? BadUser(string user) =>
        user.All(c => char.IsAsciiLetterOrDigit(c) || UserMarks.Contains(c, StringComparison.Ordinal))
            ? BadEscape(user)
            : "net/url: invalid userinfo";

    private static string? BadEscape(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
                return $"invalid URL escape \"{text[at..Math.Min(at + 3, text.Length)]}\"";
        }
        return null;
    }
}
