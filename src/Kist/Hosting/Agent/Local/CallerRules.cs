using System.Net;
using Kist.Client.Agent.Proxy;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>
/// Who may speak to the local API at all. A socket asks for the user at its other end. On loopback every program of the machine can connect, browsers among
/// them, which any web page can send: their requests bear headers that no client of this API sends, and lack one that a page cannot add.
/// </summary>
internal static class CallerRules
{
    /// <summary>Why the caller is refused; null when it may go on.</summary>
    public static LocalRefusal? Check(HttpContext http, LocalListener listener)
    {
        var headers = http.Request.Headers;
        if (listener.Config is { IsUnix: true, CheckPeer: true } && http.Features.Get<SocketPeer>() is not { IsTrusted: true })
            return Denied("peer", "this socket serves the agent's own user and root; check_peer = false lets in all whom its mode lets in");
        if (headers.ContainsKey("Origin") || headers.ContainsKey("Sec-Fetch-Site"))
            return Denied("origin", "requests of web pages are refused");
        if (listener.IsMetricsOnly)
            return listener.IsLocal ? Host(http, listener.Config) : null;
        if (listener.Config.RequireRequestHeader && headers["X-Vault-Request"] is not ["true"])
            return Denied("request_header", "the header X-Vault-Request: true is required; require_request_header = false does without");
        // On other addresses there is TLS, and the certificate says for which names.
        return listener.IsLocal ? Host(http, listener.Config) : null;
    }

    // A name that an attacker owns may lead to 127.0.0.1, and makes this agent the page's own origin.
    private static LocalRefusal? Host(HttpContext http, AgentListenerConfig config) =>
        config.IsUnix || !config.CheckHost || IsLoopback(http.Request.Host.Host)
            ? null
            : Denied("host", "the Host header must be localhost or a loopback address; check_host = false takes any");

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    private static LocalRefusal Denied(string code, string message) => new(StatusCodes.Status403Forbidden, code, message);
}
