using System.Text;
using Kist.Core;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>
/// An address of PostgreSQL in one of libpq's two forms (libpq-connect.html): a URI, or words <c>key=value</c>. User and password are put in only after it is cut
/// into parts, so nothing in them can become another part.
/// </summary>
internal sealed class PostgresUrl
{
    private const string Hidden = "xxxxx";
    private const string Place = "{{password}}";
    private const int LongestUrl = 4096;

    // libpq's names of what may be set. What names files of the server is not among them.
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "host", "port", "dbname", "user", "password", "sslmode", "connect_timeout", "application_name", "target_session_attrs",
        "options", "timezone", "client_encoding",
    };

    private static readonly HashSet<string> Files = new(StringComparer.Ordinal) { "sslcert", "sslkey", "sslrootcert" };

    private PostgresUrl(Dictionary<string, string> parts) => Parts = parts;

    /// <summary>The parts under libpq's names.</summary>
    public IReadOnlyDictionary<string, string> Parts { get; }

    /// <summary>True when a password stands in it, or a part of one: more than the place for it.</summary>
    public bool HasPassword => Parts.TryGetValue("password", out var password) && password is not ("" or Place);

    /// <summary>Reads an address.</summary>
    public static Outcome<PostgresUrl> Parse(string url)
    {
        if (url.Length is 0 or > LongestUrl)
            return Invalid($"must have 1 to {LongestUrl} characters");
        try
        {
            var parts = Scheme(url) is { } scheme ? ParseUri(url[scheme..]) : ParseWords(url);
            foreach (var (key, value) in parts)
            {
                if (Files.Contains(key))
                    return Invalid($"{key} would name a file of the server: give tls_certificate, private_key and tls_ca instead");
                if (!Known.Contains(key))
                    return Invalid($"has a parameter other than {string.Join(", ", Known.Order(StringComparer.Ordinal))}");
                if (key != "password" && value.Contains(Place, StringComparison.Ordinal))
                    return Invalid($"has {Place} at another place than the password's");
            }
            return new PostgresUrl(parts);
        }
        catch (FormatException e)
        {
            return Invalid(e.Message);
        }
    }

    /// <summary>A part with user and password in their places; null when it is not set.</summary>
    public string? Part(string name, string username, string password)
    {
        if (!Parts.TryGetValue(name, out var value))
            return null;
        // One after the other in a single walk: a name that looks like a place is not one.
        var made = new StringBuilder(value.Length);
        for (var at = 0; at < value.Length;)
        {
            var (place, text) = PlaceAt(value, at, username, password);
            made.Append(text);
            at += place;
        }
        return made.ToString();
    }

    /// <summary>The address for people.</summary>
    public static string Redact(string url)
    {
        var parsed = Parse(url);
        if (!parsed.Succeeded)
            return Hidden;
        if (!parsed.Value.HasPassword)
            return url;
        // Made anew from the parts: nothing of the password is left, wherever it stood.
        var parts = new Dictionary<string, string>(parsed.Value.Parts, StringComparer.Ordinal) { ["password"] = Hidden };
        return Scheme(url) is { } scheme ? url[..scheme] + Uri(parts) : string.Join(' ', parts.Select(part => $"{part.Key}={Quote(part.Value)}"));
    }

    private static string Uri(Dictionary<string, string> parts)
    {
        string Text(string name) => parts.TryGetValue(name, out var value) ? Escape(value) : "";
        var ports = Text("port").Replace("%2C", ",", StringComparison.Ordinal).Split(',');
        var hosts = (parts.GetValueOrDefault("host") ?? "").Split(',').Select((host, i) =>
        {
            var port = ports.Length == 1 ? ports[0] : ports.ElementAtOrDefault(i) ?? "";
            return (host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : Escape(host)) + (port.Length > 0 ? $":{port}" : "");
        });
        var rest = parts.Keys.Where(key => key is not ("user" or "password" or "host" or "port" or "dbname")).Select(key => $"{key}={Text(key)}").ToList();
        return $"{Text("user")}:{Hidden}@{string.Join(',', hosts)}/{Text("dbname")}{(rest.Count > 0 ? "?" : "")}{string.Join('&', rest)}";
    }

    private static string Escape(string text) =>
        System.Uri.EscapeDataString(text).Replace("%7B%7B", "{{", StringComparison.Ordinal).Replace("%7D%7D", "}}", StringComparison.Ordinal);

    private static string Quote(string value) =>
        value.Length > 0 && value.IndexOfAny([' ', '\'', '\\']) < 0 ? value : $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static int? Scheme(string url)
    {
        foreach (var scheme in new[] { "postgresql://", "postgres://" })
        {
            if (url.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
                return scheme.Length;
        }
        return null;
    }

    private static (int Length, string Text) PlaceAt(string value, int at, string username, string password)
    {
        foreach (var (place, text) in new[] { ("{{username}}", username), ("{{name}}", username), ("{{password}}", password) })
        {
            if (string.CompareOrdinal(value, at, place, 0, place.Length) == 0)
                return (place.Length, text);
        }
        return (1, value[at].ToString());
    }

    // user:password@host:port,host:port/dbname?key=value
    private static Dictionary<string, string> ParseUri(string rest)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        var query = rest.IndexOf('?', StringComparison.Ordinal);
        var parameters = query < 0 ? "" : rest[(query + 1)..];
        rest = query < 0 ? rest : rest[..query];
        // Credentials stand before the first slash; an @ behind it may be the end of a password that should have been escaped.
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && rest.IndexOf('@', slash) >= 0)
            throw new FormatException("has an @ after a slash: write %2F for a slash in a password, and %40 for an @ in a name");
        if (slash >= 0 && slash + 1 < rest.Length)
            parts["dbname"] = Unescape(rest[(slash + 1)..]);
        var authority = slash < 0 ? rest : rest[..slash];
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var colon = authority.IndexOf(':', 0, at);
            parts["user"] = Unescape(authority[..(colon < 0 ? at : colon)]);
            if (colon >= 0)
                parts["password"] = Unescape(authority[(colon + 1)..at]);
        }
        if (authority.Length > at + 1)
            ParseHosts(parts, authority[(at + 1)..]);
        foreach (var pair in parameters.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
                throw new FormatException("has a parameter without a value");
            Add(parts, Unescape(pair[..equals]), Unescape(pair[(equals + 1)..]));
        }
        return parts;
    }

    // Which of two counts would be a matter of taste.
    private static void Add(Dictionary<string, string> parts, string key, string value)
    {
        if (!parts.TryAdd(key, value))
            throw new FormatException("has a parameter twice");
    }

    private static void ParseHosts(Dictionary<string, string> parts, string hosts)
    {
        var names = new List<string>();
        var ports = new List<string>();
        foreach (var host in hosts.Split(','))
        {
            var bracket = host.IndexOf(']', StringComparison.Ordinal);
            var colon = host.IndexOf(':', Math.Max(bracket, 0));
            names.Add(Unescape((colon < 0 ? host : host[..colon]).Trim('[', ']')));
            ports.Add(colon < 0 ? "" : host[(colon + 1)..]);
        }
        parts["host"] = string.Join(',', names);
        if (ports.Exists(p => p.Length > 0))
            parts["port"] = string.Join(',', ports);
    }

    private static string Unescape(string text)
    {
        try
        {
            return System.Uri.UnescapeDataString(text);
        }
        catch (UriFormatException e)
        {
            throw new FormatException("has a percent sign that begins no character", e);
        }
    }

    // key=value, key = 'va\'lue'
    private static Dictionary<string, string> ParseWords(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        var at = 0;
        while (true)
        {
            Skip();
            if (at >= text.Length)
                return parts.Count > 0 ? parts : throw new FormatException("is empty");
            var start = at;
            while (at < text.Length && text[at] != '=' && !char.IsWhiteSpace(text[at]))
                at++;
            var key = text[start..at];
            Skip();
            if (at >= text.Length || text[at++] != '=')
                throw new FormatException("is neither a postgresql:// address nor a list of key=value");
            Skip();
            Add(parts, key, Value());
        }

        void Skip()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
        }

        string Value()
        {
            var quoted = at < text.Length && text[at] == '\'';
            at += quoted ? 1 : 0;
            var value = new StringBuilder();
            while (at < text.Length && (quoted ? text[at] != '\'' : !char.IsWhiteSpace(text[at])))
            {
                at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
                value.Append(text[at++]);
            }
            if (quoted && at++ >= text.Length)
                throw new FormatException("has a quote that nothing closes");
            return value.ToString();
        }
    }

    private static Failure Invalid(string why) => Failure.Invalid("database.invalid_connection", $"field \"connection_url\": {why}");
}
