using System.Net;
using System.Net.Security;
using System.Text;
using System.Text.Json;
using Kist.Core;
using Kist.Wire.Grpc;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>A request to the interface of a remote key.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Url">Where.</param>
internal sealed record RemoteRequest(HttpMethod Method, Uri Url)
{
    /// <summary>The body; null for none.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Its media type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}

/// <summary>An answer.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Json">The JSON of its body; undefined when it is none.</param>
internal sealed record RemoteAnswer(HttpStatusCode Status, JsonElement Json)
{
    /// <summary>True for 2xx.</summary>
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>A text below objects; null when it is not there.</summary>
    public string? Text(params ReadOnlySpan<string> path) => Find(path) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;

    /// <summary>A whole number below objects; null when it is not there.</summary>
    public long? Number(params ReadOnlySpan<string> path) =>
        Find(path) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var number) ? number : null;

    /// <summary>What stands below objects; null when it is not there.</summary>
    public JsonElement? Find(params ReadOnlySpan<string> path)
    {
        var at = Json;
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                return null;
        }
        return at;
    }
}

/// <summary>Sends requests over HTTP with TLS whose files can be read again. Follows no redirection: it would carry the credentials along.</summary>
internal sealed class RemoteHttp : IDisposable
{
    private const int MostBytes = 1024 * 1024;

    private readonly Func<HttpMessageHandler> createHandler;
    private volatile HttpMessageInvoker invoker;

    /// <summary>With a handler that <paramref name="createHandler"/> makes, now and at each <see cref="Reload"/>.</summary>
    /// <exception cref="TlsFileException">A file cannot be used.</exception>
    public RemoteHttp(Func<HttpMessageHandler> createHandler)
    {
        this.createHandler = createHandler;
        invoker = new HttpMessageInvoker(createHandler());
    }

    /// <summary>The network's handler.</summary>
    /// <param name="tls">Whom to trust and which certificate to show; null trusts what the system trusts.</param>
    /// <param name="useProxy">Whether to go through the proxy that the environment names.</param>
    public static HttpMessageHandler Network(SslClientAuthenticationOptions? tls, bool useProxy) => new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(2),
        MaxConnectionsPerServer = 16,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        SslOptions = tls ?? new SslClientAuthenticationOptions(),
        UseCookies = false,
        UseProxy = useProxy,
    };

    /// <summary>Sends a request.</summary>
    /// <exception cref="HttpRequestException">No answer came.</exception>
    /// <exception cref="IOException">The answer broke off or is too long.</exception>
    public async ValueTask<RemoteAnswer> SendAsync(RemoteRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(request.Method, request.Url);
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        foreach (var (name, value) in request.Headers)
            message.Headers.TryAddWithoutValidation(name, value);
        using var response = await invoker.SendAsync(message, cancellationToken);
        return new RemoteAnswer(response.StatusCode, Parse(await ReadAsync(response, cancellationToken)));
    }

    /// <summary>Reads certificates anew; calls under way end as they began.</summary>
    public Outcome<Nothing> Reload()
    {
        try
        {
            // Not disposed of, since calls may be using it; its connections end when nothing refers to it.
            invoker = new HttpMessageInvoker(createHandler());
            return Outcome.Done;
        }
        catch (TlsFileException e)
        {
            return Failure.Invalid("kms.tls", e.Message);
        }
    }

    /// <summary>True for a status that nobody decided on.</summary>
    public static bool IsOutage(HttpStatusCode status) =>
        (int)status is >= 500 or (>= 300 and < 400) || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or HttpStatusCode.PreconditionFailed;

    /// <inheritdoc/>
    public void Dispose() => invoker.Dispose();

    private static async ValueTask<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new MemoryStream();
        var part = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(part, cancellationToken)) > 0)
        {
            if (buffer.Length + read > MostBytes)
                throw new IOException($"the answer is longer than {MostBytes} bytes");
            buffer.Write(part, 0, read);
        }
        return buffer.ToArray();
    }

    private static JsonElement Parse(byte[] body)
    {
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}

/// <summary>Bodies.</summary>
internal static class RemoteBody
{
    /// <summary>A JSON object of texts.</summary>
    public static byte[] Json(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, value) in fields)
                json.WriteString(name, value);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    /// <summary>A form.</summary>
    public static byte[] Form(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in fields)
            text.Append(text.Length > 0 ? "&" : "").Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
