using Kist.Client;
using Kist.Crypto;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>What the revocations that go through the agent end, so that the cache gives it to nobody any more.</summary>
internal static class Revocations
{
    private static readonly string[] OfLeases = ["sys/leases/revoke", "sys/revoke"];
    private static readonly string[] OfPrefixes = ["sys/leases/revoke-prefix", "sys/leases/revoke-force", "sys/revoke-prefix", "sys/revoke-force"];
    private static readonly string[] OfTokens = ["auth/token/revoke", "auth/token/revoke-orphan"];

    /// <summary>Which answers a request ends when it succeeds; null when it is no revocation. Of one that cannot be read, all.</summary>
    public static Func<CachedAnswer, bool>? Of(ProxyRequest request)
    {
        var path = request.Path.TrimEnd('/');
        // What a mount gave ends with it.
        if (request.Method == "DELETE" && (path.StartsWith("sys/mounts/", StringComparison.Ordinal) || path.StartsWith("sys/auth/", StringComparison.Ordinal)))
            return All;
        if (request.Method is not ("POST" or "PUT"))
            return null;
        if (path == "auth/token/revoke-self")
            return Token(CacheKey.Of(request.Token));
        if (Named(path, OfPrefixes) is { } prefix)
            return a => $"{a.LeaseId}/".StartsWith(prefix.TrimEnd('/') + "/", StringComparison.Ordinal) || Covers(prefix, a);
        if (Named(path, OfLeases) is { } inPath)
            return OneOf(inPath, request, "lease_id") is { } lease ? a => a.LeaseId == lease : All;
        if (Named(path, OfTokens) is { } ofPath)
            return OneOf(ofPath, request, "token") is { } token ? Token(CacheKey.Of(new SecretText(token))) : All;
        if (path == "auth/token/revoke-accessor")
            return Field(request, "accessor") is { } accessor ? a => a.Accessor == accessor : All;
        return path.StartsWith("sys/remount", StringComparison.Ordinal) ? All : null;
    }

    // A login is revoked by the path that it came from.
    private static bool Covers(string prefix, CachedAnswer answer) =>
        answer.Token is not null && answer.Request.Path.StartsWith(prefix, StringComparison.Ordinal);

    private static bool All(CachedAnswer answer) => true;

    private static Func<CachedAnswer, bool> Token(string hash) => a => hash.Length > 0 && (a.TokenHash == hash || a.GivenHash == hash);

    /// <summary>What follows one of the routes in a path; empty when nothing does, null when it is another path.</summary>
    private static string? Named(string path, string[] routes)
    {
        foreach (var route in routes)
        {
            if (path == route)
                return "";
            if (path.StartsWith(route + "/", StringComparison.Ordinal))
                return path[(route.Length + 1)..];
        }
        return null;
    }

    private static string? OneOf(string inPath, ProxyRequest request, string field) => inPath.Length > 0 ? inPath : Field(request, field);

    private static string? Field(ProxyRequest request, string name) =>
        request.Body is { } body && LeasedAnswer.Parse(body) is { } json && json.Text(name) is { Length: > 0 } value ? value : null;
}
