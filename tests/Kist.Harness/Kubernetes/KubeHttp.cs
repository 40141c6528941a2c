using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Kist.Harness.Kubernetes;

/// <summary>
/// The API of Kubernetes with no knowledge of the program's own client, so that a fault of the one does not hide a fault of the other.
/// </summary>
public sealed class KubeHttp : IDisposable
{
    private readonly HttpClient http;

    /// <summary>Calls the API server at <paramref name="address"/> with a token.</summary>
    public KubeHttp(Uri address, string authorityFile, string token)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authorityFile));
        var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust } };
        http = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>GET.</summary>
    public Task<KubeAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <summary>POST of a JSON object.</summary>
    public Task<KubeAnswer> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    /// <summary>Any request. <paramref name="body"/> is serialised as JSON, or sent as it is when it is <see cref="HttpContent"/>.</summary>
    public async Task<KubeAnswer> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = body as HttpContent ?? new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        return new KubeAnswer($"{method} {path}", response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Makes a Secret with one value.</summary>
    public async Task CreateSecretAsync(string ns, string name, string value, string key = "value") =>
        (await PostAsync($"api/v1/namespaces/{ns}/secrets", new
        {
            apiVersion = "v1",
            kind = "Secret",
            metadata = new { name },
            stringData = new Dictionary<string, string>(StringComparer.Ordinal) { [key] = value },
        })).Good();

    /// <summary>Makes a namespace.</summary>
    public async Task CreateNamespaceAsync(string name) =>
        (await PostAsync("api/v1/namespaces", new { apiVersion = "v1", kind = "Namespace", metadata = new { name } })).Good();

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}

/// <summary>An answer of the API server, read whole.</summary>
public sealed record KubeAnswer(string Call, HttpStatusCode Status, string Text)
{
    /// <summary>The body.</summary>
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>This answer, when it is a success.</summary>
    /// <exception cref="InvalidOperationException">It is not; the message holds status and body.</exception>
    public KubeAnswer Good() => (int)Status is >= 200 and < 300 ? this : throw new InvalidOperationException($"{Call}: {(int)Status} {Text}");
}
