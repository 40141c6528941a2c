using System.Text.Json.Nodes;
using Kist.Client.Transport;
using Kist.Crypto;

namespace Kist.Client;

/// <summary>One request to the Vault API.</summary>
/// <param name="Method">GET, PUT, PATCH or DELETE; a list is a GET with <c>list=true</c>.</param>
/// <param name="Path">Path after <c>/v1/</c>, not escaped.</param>
public sealed record ApiRequest(HttpMethod Method, string Path)
{
    /// <summary>Query parameters, not escaped.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];

    /// <summary>The JSON body, or null.</summary>
    public JsonObject? Body { get; init; }

    /// <summary>True when <see cref="Body"/> holds a secret that must not be printed with the request (a token, a key share, a password).</summary>
    public bool BodyIsSecret { get; init; }

    /// <summary>Sent in place of the client's token, or null.</summary>
    public SecretText? Token { get; init; }

    /// <summary>Asks the server to wrap its answer for this long (<c>5m</c>), or null.</summary>
    public string? WrapTtl { get; init; }

    /// <summary>The state that the answer must include at least: the index that came with a notice of a change, or null.</summary>
    public long? RequiredIndex { get; init; }

    /// <summary>The media type of <see cref="Body"/>.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>True for requests that address the server and not a tenant: no namespace is sent.</summary>
    public bool WithoutNamespace { get; init; }

    /// <summary>
    /// True for a caller that has nothing else to do until the answer comes: it is blocked meanwhile, which a program that ends at once starts faster with,
    /// since waiting asynchronously takes a third of the code that is compiled for the first request.
    /// </summary>
    public bool InPlace { get; init; }

    /// <summary>Path and query, escaped, for the request line.</summary>
    public string Target => $"v1/{RequestPath.Escape(Path)}{RequestPath.Query(Query)}";

    /// <summary>Reads.</summary>
    public static ApiRequest Read(string path, params IReadOnlyList<KeyValuePair<string, string>> query) =>
        new(HttpMethod.Get, path) { Query = query };

    /// <summary>Lists direct children.</summary>
    public static ApiRequest List(string path) => Read(path, new KeyValuePair<string, string>("list", "true"));

    /// <summary>Lists all descendants.</summary>
    public static ApiRequest Scan(string path) => Read(path, new KeyValuePair<string, string>("scan", "true"));

    /// <summary>Writes, or acts.</summary>
    public static ApiRequest Write(string path, JsonObject? body = null) => new(HttpMethod.Put, path) { Body = body };

    /// <summary>Merges into what stands (RFC 7396).</summary>
    public static ApiRequest Patch(string path, JsonObject body) =>
        new(HttpMethod.Patch, path) { Body = body, ContentType = "application/merge-patch+json" };

    /// <summary>Deletes.</summary>
    public static ApiRequest Delete(string path) => new(HttpMethod.Delete, path);

    /// <summary>Names method and path; the query and the body may hold secrets.</summary>
    public override string ToString() => $"{Method} {Path}";
}
