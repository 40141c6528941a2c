using System.Globalization;
using System.Net;
using Kist.Core;
using Kist.Core.Certificates;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Crypto;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Kist.Api.Vault;

/// <summary>Reads an HTTP request of Vault's API into a core request.</summary>
public static class VaultRequestReader
{
    private const string Prefix = "/v1/";

    internal static async ValueTask<Outcome<Request>> ReadAsync(HttpContext http, string requestId, CancellationToken cancellationToken)
    {
        var rawPath = RawPath(http);
        if (!rawPath.StartsWith(Prefix, StringComparison.Ordinal))
            return Failure.NotFound("request.unknown_path", "the API lives under /v1/");
        if (!RequestPath.TryDecode(rawPath.AsSpan(Prefix.Length), out var path, out var error))
            return Failure.Invalid("request.invalid_path", error);
        var query = Query(http.Request);
        if (OperationOf(http.Request.Method, query) is not { } operation)
            return new Failure(FailureKind.Unsupported, "request.unsupported_method", $"method {http.Request.Method} is not supported");
        if (http.Request.Headers["X-Vault-Namespace"].ToString().Trim('/') is { Length: > 0 } ns and not "root")
            return Failure.NotFound("request.unknown_namespace", $"no namespace \"{ns}\": this server has the root namespace alone");
        var wrap = WrapTtl(http.Request.Headers["X-Vault-Wrap-TTL"]);
        if (!wrap.Succeeded)
            return wrap.Failure;
        var body = await RequestBody.ReadAsync(http.Request, cancellationToken);
        if (!body.Succeeded)
            return body.Failure;
        return new Request
        {
            Id = requestId,
            Path = AsFolder(path, operation),
            Operation = operation,
            Body = body.Value,
            Query = query,
            Token = Token(http.Request.Headers),
            ClientAddress = Address(http.Connection.RemoteIpAddress),
            ClientPort = http.Connection.RemotePort,
            // The listener leaves it with the connection, from the handshake; nothing of the request itself can set it.
            ClientCertificate = http.Features.Get<ClientCertificate>(),
            WrapTtl = wrap.Value,
            RequiredIndex = long.TryParse(http.Request.Headers["X-Vault-Index"], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null,
            ClientGone = () => http.RequestAborted,
            Header = HeaderOf(http),
        };
    }

    /// <summary>
    /// What is known of a request that cannot be read, for its record. A path with more than one meaning stays as it was sent; one outside of the API keeps its
    /// leading slash, which no path inside has.
    /// </summary>
    internal static Request Outline(HttpContext http, string requestId)
    {
        var path = RawPath(http);
        if (path.StartsWith(Prefix, StringComparison.Ordinal))
            path = RequestPath.TryDecode(path.AsSpan(Prefix.Length), out var decoded, out _) ? decoded : path[Prefix.Length..];
        var operation = OperationOf(http.Request.Method, Query(http.Request)) ?? Operation.Read;
        return new Request
        {
            Id = requestId,
            Path = AsFolder(path, operation),
            Operation = operation,
            Token = Token(http.Request.Headers),
            ClientAddress = Address(http.Connection.RemoteIpAddress),
            ClientPort = http.Connection.RemotePort,
            Header = HeaderOf(http),
        };
    }

    private static string RawPath(HttpContext http)
    {
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? target : target[..question];
    }

    private static string AsFolder(string path, Operation operation) => operation is Operation.List or Operation.Scan && !path.EndsWith('/') ? path + "/" : path;

    private static Func<string, string?> HeaderOf(HttpContext http) =>
        name => http.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    private static Operation? OperationOf(string method, IReadOnlyList<KeyValuePair<string, string>> query) => method switch
    {
        "GET" or "HEAD" when IsTrue(query, "list") => Operation.List,
        "GET" or "HEAD" when IsTrue(query, "scan") => Operation.Scan,
        "GET" or "HEAD" => Operation.Read,
        "POST" or "PUT" => Operation.Update,
        "PATCH" => Operation.Patch,
        "DELETE" => Operation.Delete,
        "LIST" => Operation.List,
        "SCAN" => Operation.Scan,
        _ => null,
    };

    internal static bool IsTrue(IReadOnlyList<KeyValuePair<string, string>> query, string name)
    {
        for (var i = 0; i < query.Count; i++)
        {
            if (string.Equals(query[i].Key, name, StringComparison.Ordinal))
                return query[i].Value is "1" or "t" or "T" or "true" or "TRUE" or "True";
        }
        return false;
    }

    private static List<KeyValuePair<string, string>> Query(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
            return [];
        var pairs = new List<KeyValuePair<string, string>>(request.Query.Count);
        foreach (var (name, values) in request.Query)
        {
            foreach (var value in values)
                pairs.Add(new(name, value ?? ""));
        }
        return pairs;
    }

    private static SecretText? Token(IHeaderDictionary headers)
    {
        if (headers.TryGetValue("X-Vault-Token", out var token) && token.Count == 1 && token[0] is { Length: > 0 } value)
            return new SecretText(value);
        const string bearer = "Bearer ";
        return headers.TryGetValue(HeaderNames.Authorization, out var authorization) && authorization.Count == 1
            && authorization[0] is { } header && header.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) && header.Length > bearer.Length
            ? new SecretText(header[bearer.Length..].Trim())
            : null;
    }

    private static Outcome<TimeSpan?> WrapTtl(StringValues header)
    {
        if (header.Count == 0 || string.IsNullOrEmpty(header[0]))
            return new Outcome<TimeSpan?>(default(TimeSpan?));
        if (!DurationField.TryParse(header[0]!, out var ttl) || ttl < TimeSpan.Zero)
            return Failure.Invalid("request.invalid_wrap_ttl", "header X-Vault-Wrap-TTL: expected a duration such as \"60s\"");
        return new Outcome<TimeSpan?>(ttl == TimeSpan.Zero ? null : ttl);
    }

    // A dual-stack socket shows IPv4 clients as ::ffff:a.b.c.d; rules are written for a.b.c.d.
    private static IPAddress? Address(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
}
