using Kist.Client.Agent;
using Kist.Client.Agent.Proxy;
using Kist.Client.Settings;
using Kist.Crypto;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>Makes the server's request of a caller's, or says why it is not passed on.</summary>
/// <param name="proxy">Whose token to use.</param>
/// <param name="settings">The agent's own namespace.</param>
/// <param name="token">The agent's token.</param>
internal sealed class ProxyRequestReader(ApiProxyConfig proxy, ClientSettings settings, AgentToken token)
{
    private const string Bearer = "Bearer ";

    // Those are asked before there is a token, and of a server that is sealed.
    private static readonly string[] WithoutToken = ["sys/health", "sys/seal-status", "sys/leader", "sys/init"];

    /// <summary>Reads a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="rawPath">What follows <c>/v1/</c> in its target, as sent.</param>
    /// <param name="listener">The listener that it came in by.</param>
    /// <param name="refusal">Why it is not passed on.</param>
    /// <returns>What to send; null when it is refused.</returns>
    public ProxyRequest? Read(HttpContext http, ReadOnlySpan<char> rawPath, LocalListener listener, out LocalRefusal? refusal)
    {
        var headers = http.Request.Headers;
        refusal = TargetPath.Decode(rawPath, out var path) is { } fault ? Bad("path_form", fault) : OneOfEach(headers);
        // Methods are told apart by case, and the library that sends them on writes some of them its own way.
        if (!http.Request.Method.All(char.IsAsciiLetterUpper))
            refusal ??= Bad("method_form", "the method must be in upper case");
        if (refusal is not null)
            return null;
        var ns = NamespaceOf(headers, out refusal);
        refusal ??= Narrowing.Check(listener.Config, http.Request.Method, path, http.Request.Query, ns == OwnNamespace);
        if (refusal is not null)
            return null;
        var request = WithToken(
            new ProxyRequest
            {
                Method = http.Request.Method,
                Path = path,
                Query = http.Request.QueryString.Value ?? "",
                Namespace = ns,
                Headers = PassedHeaders.Up(headers),
                Wraps = headers["X-Vault-Wrap-TTL"] is [{ Length: > 0 }],
            },
            headers,
            out refusal);
        refusal ??= OwnTokenRules.Check(request);
        return refusal is null ? request : null;
    }

    private string OwnNamespace => settings.Namespace.Trim('/');

    /// <summary>The request with the caller's token, or with the agent's where the configuration says so.</summary>
    private ProxyRequest WithToken(ProxyRequest request, IHeaderDictionary headers, out LocalRefusal? refusal)
    {
        refusal = null;
        var authorization = headers.Authorization.ToString();
        if (proxy.UseAutoAuthToken != AutoAuthTokenUse.Force)
        {
            if (headers["X-Vault-Token"].ToString() is { Length: > 0 } own)
                return request with { Token = new SecretText(own) };
            if (authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && authorization[Bearer.Length..].Trim() is { Length: > 0 } bearer)
                return request with { Token = new SecretText(bearer) };
            if (authorization.Length > 0)
                return request with { Headers = [.. request.Headers, new("Authorization", authorization)] };
        }
        if (proxy.UseAutoAuthToken == AutoAuthTokenUse.None || WithoutToken.Contains(request.Path))
            return request;
        if (token.Current is { } agents)
            return request with { Token = agents, BringsAgentToken = true };
        refusal = new LocalRefusal(StatusCodes.Status503ServiceUnavailable, "no_token", "the agent has no token yet: its login has not succeeded; see /agent/v1/health");
        return request;
    }

    private string NamespaceOf(IHeaderDictionary headers, out LocalRefusal? refusal)
    {
        refusal = null;
        var given = headers["X-Vault-Namespace"].ToString().Trim('/');
        if (given.Length == 0)
            return OwnNamespace;
        if (given.Split('/').Any(static s => s is "" or "." or "..") || given.Any(static c => char.IsControl(c) || c is '%' or '\\' or '?' or '#'))
            refusal = Bad("namespace_form", "X-Vault-Namespace is no path of a namespace");
        return proxy.PrependNamespace && OwnNamespace.Length > 0 ? $"{OwnNamespace}/{given}" : given;
    }

    // The agent and the server might each take another one for the one that counts.
    private static LocalRefusal? OneOfEach(IHeaderDictionary headers) =>
        ((string[])["X-Vault-Token", "Authorization", "X-Vault-Namespace", "X-Vault-Wrap-TTL"]).FirstOrDefault(name => headers[name].Count > 1) is { } twice
            ? Bad("header_twice", $"the header {twice} was sent twice")
            : null;

    private static LocalRefusal Bad(string code, string message) => new(StatusCodes.Status400BadRequest, code, message);
}
