using Kist.Client;
using Kist.Crypto;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary><c>POST /agent/v1/cache-clear</c>, as Vault Agent has it: <c>type</c> says of what, <c>value</c> of which.</summary>
internal static class CacheClearing
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Clears.</summary>
    /// <returns>What was wrong; null when it was done.</returns>
    public static async Task<LocalRefusal?> ClearAsync(HttpContext http, LeaseCache cache)
    {
        if (await SmallBody.ReadAsync(http.Request, MaxBytes) is not { } body || LeasedAnswer.Parse(body) is not { } json)
            return Bad("expected an object with \"type\" and \"value\"");
        var (type, value) = (json.Text("type") ?? "", json.Text("value") ?? "");
        if (type != "all" && value.Length == 0)
            return Bad("\"value\" is required");
        Func<CachedAnswer, bool>? which = type switch
        {
            "all" => static _ => true,
            "request_path" => InPath(value, (json.Text("namespace") ?? "").Trim('/')),
            "lease" => a => a.LeaseId == value,
            "token" => OfToken(CacheKey.Of(new SecretText(value))),
            "token_accessor" => a => a.Accessor == value,
            _ => null,
        };
        if (which is null)
            return Bad("\"type\" must be one of all, request_path, lease, token, token_accessor");
        cache.Drop(which);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    }

    private static Func<CachedAnswer, bool> InPath(string value, string ns)
    {
        var path = value.TrimStart('/');
        path = path.StartsWith("v1/", StringComparison.Ordinal) ? path[3..] : path;
        return a => a.Request.Path.StartsWith(path, StringComparison.Ordinal) && (ns.Length == 0 || a.Request.Namespace == ns);
    }

    private static Func<CachedAnswer, bool> OfToken(string hash) => a => a.TokenHash == hash || a.GivenHash == hash;

    private static LocalRefusal Bad(string message) => new(StatusCodes.Status400BadRequest, "cache_clear", message);
}
