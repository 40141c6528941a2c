namespace Kist.Client.Run;

/// <summary>
/// An id of Kist's own: <c>path#field</c>, where the path is the API's, as in <c>secret/data/app/db#password</c>. A query may follow the path
/// (<c>?version=3</c>). Without a field, the secret must have just one.
/// </summary>
/// <param name="Path">The path below <c>/v1/</c>.</param>
/// <param name="Query">The query's parameters.</param>
/// <param name="Field">The field, or null for the only one.</param>
public sealed record SecretId(string Path, IReadOnlyList<KeyValuePair<string, string>> Query, string? Field)
{
    /// <summary>What is read from the server: ids with equal sources are read once.</summary>
    public string Source => $"{Path}?{string.Join('&', Query.Select(static q => $"{q.Key}={q.Value}"))}";

    /// <summary>Reads an id.</summary>
    /// <exception cref="RunException">It has no path, or an empty field.</exception>
    public static SecretId Parse(string id)
    {
        var at = id.IndexOf('#', StringComparison.Ordinal);
        var (source, field) = at < 0 ? (id, null) : (id[..at], id[(at + 1)..]);
        var question = source.IndexOf('?', StringComparison.Ordinal);
        var path = (question < 0 ? source : source[..question]).Trim().Trim('/');
        if (path.StartsWith("v1/", StringComparison.Ordinal))
            path = path[3..];
        if (path.Length == 0 || field is { Length: 0 })
            throw RunException.Usage($"\"{id}\" is no secret's id: write path#field, as in secret/data/app/db#password");
        var query = question < 0 ? "" : source[(question + 1)..];
        return new SecretId(path, [.. query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(Pair)], field);
    }

    private static KeyValuePair<string, string> Pair(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at < 0 ? KeyValuePair.Create(text, "") : KeyValuePair.Create(text[..at], text[(at + 1)..]);
    }
}
