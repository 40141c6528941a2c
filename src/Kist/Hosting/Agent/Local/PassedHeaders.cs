using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>
/// Which headers go from one side to the other: those that are meant for the other end (RFC 9110, section 7.6.1), without what a caller could pretend to the
/// server with, as the server may believe the agent's machine: addresses of clients, other methods and other paths.
/// </summary>
internal static class PassedHeaders
{
    private static readonly FrozenSet<string> NeverUp = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
        "Host", "Content-Length", "Via", "Cookie", "Origin", "Referer",
        // The token is looked for in answers.
        "Accept-Encoding",
        "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL",
        "X-Rewrite-URL",
        // Set by the agent.
        "X-Vault-Token", "X-Vault-Namespace", "X-Vault-Request", "Authorization");

    private static readonly FrozenSet<string> NeverDown = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Set-Cookie", "Alt-Svc",
        "Server", "Date");

    /// <summary>Headers of a request that go to the server as they are.</summary>
    public static List<KeyValuePair<string, string>> Up(IHeaderDictionary headers)
    {
        var named = Named(headers.Connection);
        var passed = new List<KeyValuePair<string, string>>();
        foreach (var (name, values) in headers)
        {
            if (NeverUp.Contains(name) || named.Contains(name) || name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith(':'))
                continue;
            foreach (var value in values)
                passed.Add(new(name, value ?? ""));
        }
        return passed;
    }

    /// <summary>Headers of an answer that go to the caller. None lets a web page read it.</summary>
    public static void Down(HttpResponseMessage answer, HttpResponse response)
    {
        var named = Named(answer.Headers.Connection);
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!NeverDown.Contains(name) && !named.Contains(name) && !name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase))
                response.Headers.Append(name, values.ToArray());
        }
        if (response.Headers.CacheControl.Count == 0)
            response.Headers.CacheControl = "no-store";
    }

    private static HashSet<string> Named(IEnumerable<string?> connection) =>
        connection.SelectMany(static v => (v ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
}
