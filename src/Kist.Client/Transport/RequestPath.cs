using Kist.Client.Settings;

namespace Kist.Client.Transport;

/// <summary>Turns API paths into URLs.</summary>
internal static class RequestPath
{
    /// <summary>Escapes each segment of <paramref name="path"/>, so that a secret's name may hold any character but a slash.</summary>
    /// <exception cref="SettingException">A segment is a dot or two: URLs resolve them, and the request would go to another path.</exception>
    public static string Escape(string path)
    {
        var segments = path.Trim('/').Split('/');
        if (segments.Any(static s => s is "." or ".."))
            throw new SettingException($"the path \"{path}\" must not have \".\" or \"..\" as a segment");
        var trailing = path.EndsWith('/') && segments[^1].Length > 0 ? "/" : "";
        return string.Join('/', segments.Select(Uri.EscapeDataString)) + trailing;
    }

    /// <summary>The query string with its question mark, or empty.</summary>
    public static string Query(IReadOnlyList<KeyValuePair<string, string>> query) =>
        query.Count == 0
            ? ""
            : "?" + string.Join('&', query.Select(static q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value)}"));
}
