using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Kist.Harness;

/// <summary>
/// The HTTP API with no knowledge of the program's own client, so that a fault of the one does not hide a fault of the other.
/// Connections are never reused after a server's end: a broken one throws <see cref="HttpRequestException"/>.
/// </summary>
public sealed class ApiClient : IDisposable
{
    private static readonly HttpMethod ListMethod = new("LIST");

    private readonly HttpClient http;

    /// <summary>
    /// A client of the server at <paramref name="address"/> that trusts the authority in <paramref name="authorityFile"/> (null: plain HTTP) and shows
    /// <paramref name="certificate"/> when it is asked for one.
    /// </summary>
    public ApiClient(Uri address, string? authorityFile, SslStreamCertificateContext? certificate = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, UseCookies = false };
        if (authorityFile is not null)
        {
            var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authorityFile));
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust, ClientCertificateContext = certificate };
        }
        http = new HttpClient(handler) { BaseAddress = new Uri(address, "/v1/"), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>Sent with each request that names no other.</summary>
    public string? Token { get; set; }

    /// <summary>GET.</summary>
    public Task<ApiAnswer> ReadAsync(string path, string? token = null) => SendAsync(HttpMethod.Get, path, null, token);

    /// <summary>POST of a JSON object.</summary>
    public Task<ApiAnswer> WriteAsync(string path, object body, string? token = null) => SendAsync(HttpMethod.Post, path, body, token);

    /// <summary>LIST.</summary>
    public Task<ApiAnswer> ListAsync(string path, string? token = null) => SendAsync(ListMethod, path, null, token);

    /// <summary>DELETE.</summary>
    public Task<ApiAnswer> DeleteAsync(string path, string? token = null) => SendAsync(HttpMethod.Delete, path, null, token);

    /// <summary>Any request. <paramref name="body"/> is serialised as JSON, or sent as it is when it is <see cref="HttpContent"/>.</summary>
    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, object? body, string? token = null, string? wrapTtl = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("X-Vault-Request", "true");
        if ((token ?? Token) is { } sent)
            request.Headers.Add("X-Vault-Token", sent);
        if (wrapTtl is not null)
            request.Headers.Add("X-Vault-Wrap-TTL", wrapTtl);
        request.Content = body is null ? null : body as HttpContent ?? new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
        using var response = await http.SendAsync(request);
        return new ApiAnswer(path, response.StatusCode, await response.Content.ReadAsByteArrayAsync());
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}

/// <summary>An answer of the server, read whole.</summary>
public sealed class ApiAnswer(string path, HttpStatusCode status, byte[] content)
{
    /// <summary>The HTTP status.</summary>
    public HttpStatusCode Status { get; } = status;

    /// <summary>True for 2xx.</summary>
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>The body as text.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(content);

    /// <summary>The body as JSON; undefined when it is empty.</summary>
    public JsonElement Json => content.Length == 0 ? default : JsonElement.Parse(content);

    /// <summary><c>data</c> of the body.</summary>
    public JsonElement Data => Json.GetProperty("data");

    /// <summary><c>auth.client_token</c> of the body.</summary>
    public string ClientToken => Json.GetProperty("auth").GetProperty("client_token").GetString()!;

    /// <summary>This answer, when it is a success.</summary>
    /// <exception cref="InvalidOperationException">It is not; the message holds status and errors.</exception>
    public ApiAnswer Good() => Succeeded ? this : throw new InvalidOperationException($"{path}: {(int)Status} {Text}");
}
