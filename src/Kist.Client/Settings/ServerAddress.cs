namespace Kist.Client.Settings;

/// <summary>
/// Where a server listens: <c>https://host:port</c>, <c>http://…</c>, or a Unix socket as <c>unix:///path</c> or <c>http+unix://%2Fpath</c>.
/// </summary>
public sealed record ServerAddress
{
    private const string UnixScheme = "unix://";
    private const string HttpUnixScheme = "http+unix://";

    private ServerAddress(string text, Uri root, string? socketPath)
    {
        Text = text;
        Root = root;
        SocketPath = socketPath;
    }

    /// <summary><c>https://127.0.0.1:8200</c>.</summary>
    public static ServerAddress Default { get; } = Parse("https://127.0.0.1:8200");

    /// <summary>The address as given, without a trailing slash.</summary>
    public string Text { get; }

    /// <summary>What request paths are appended to; ends in a slash.</summary>
    public Uri Root { get; }

    /// <summary>The Unix socket, or null for TCP.</summary>
    public string? SocketPath { get; }

    /// <summary>True for <c>https://</c>.</summary>
    public bool IsTls => Root.Scheme == Uri.UriSchemeHttps;

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message says what is wrong and what to write.</exception>
    public static ServerAddress Parse(string text)
    {
        text = text.Trim().TrimEnd('/');
        if (text.StartsWith(UnixScheme, StringComparison.OrdinalIgnoreCase))
            return Socket(text, text[UnixScheme.Length..]);
        if (text.StartsWith(HttpUnixScheme, StringComparison.OrdinalIgnoreCase))
            return Socket(text, Uri.UnescapeDataString(text[HttpUnixScheme.Length..]));
        if (!Uri.TryCreate(text + "/", UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps))
            throw new FormatException("the server's address must begin with https://, http:// or unix://, as in https://127.0.0.1:8200");
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            throw new FormatException("the server's address must not hold a user, a query or a fragment");
        return new ServerAddress(text, uri, null);
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static ServerAddress Socket(string text, string path) =>
        path.StartsWith('/')
            ? new ServerAddress(text, new Uri("http://localhost/"), path)
            : throw new FormatException("a Unix socket's address needs an absolute path, as in unix:///run/kist.sock");
}
