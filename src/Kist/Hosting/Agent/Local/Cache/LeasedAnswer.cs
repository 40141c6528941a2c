using System.Text.Json;
using Kist.Client;
using Kist.Crypto;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>Which answers are kept: Vault Agent's rule.</summary>
internal static class LeasedAnswer
{
    /// <summary>
    /// Whether the answer to a request could be one to keep. The server's own affairs have none; what renews, looks up or unwraps is asked for what is true now;
    /// a wrapping is opened once.
    /// </summary>
    public static bool IsPossible(ProxyRequest request) =>
        request is { Wraps: false, Method: "GET" or "POST" or "PUT" }
        && !request.Path.StartsWith("sys/", StringComparison.Ordinal)
        && !request.Path.StartsWith("cubbyhole/", StringComparison.Ordinal)
        && (!request.Path.StartsWith("auth/token/", StringComparison.Ordinal) || request.Path.StartsWith("auth/token/create", StringComparison.Ordinal));

    /// <summary>The answer to keep; null when it is none.</summary>
    public static CachedAnswer? Read(string key, ProxyRequest request, ReadOnlyMemory<byte> body, TimeSpan now)
    {
        if (Parse(body) is not { } json)
            return null;
        var answer = new CachedAnswer
        {
            Key = key,
            Request = request,
            TokenHash = CacheKey.Of(request.Token),
            Body = body,
            Since = now,
            Duration = TimeSpan.Zero,
            Ends = now,
        };
        if (json.Text("lease_id") is { Length: > 0 } lease)
            return json.IsTrue("renewable") ? Lasting(answer with { LeaseId = lease }, json.Number("lease_duration"), now) : null;
        return json.Object("auth") is { } auth && auth.Text("client_token") is { Length: > 0 } token && auth.IsTrue("renewable")
            ? Lasting(answer with { Token = new SecretText(token), GivenHash = CacheKey.Of(new SecretText(token)), Accessor = auth.Text("accessor") ?? "" },
                auth.Number("lease_duration"), now)
            : null;
    }

    /// <summary>Whether the token of an answer outlives the one that asked for it.</summary>
    public static bool IsOrphan(CachedAnswer answer) => Parse(answer.Body)?.Object("auth") is { } auth && auth.IsTrue("orphan");

    /// <summary>The same, granted for so long from now; null for no time.</summary>
    public static CachedAnswer? Lasting(CachedAnswer answer, long? seconds, TimeSpan now)
    {
        // Ten years: further ends would not fit into a time.
        const long longest = 10L * 365 * 24 * 3600;
        if (seconds is not > 0)
            return null;
        var duration = TimeSpan.FromSeconds(Math.Min(seconds.Value, longest));
        return answer with { Duration = duration, Ends = now + duration, Renews = now + (duration * 2 / 3) };
    }

    /// <summary>The JSON of a body; null when it is none.</summary>
    public static JsonElement? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonElement.Parse(body.Span) is { ValueKind: JsonValueKind.Object } json ? json : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
