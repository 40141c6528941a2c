using System.Net;
using System.Net.Security;
using Kist.Core;
using Kist.Crypto;
using Kist.Wire.Grpc;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>A request to the interface of a remote key.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Url">Where.</param>
internal sealed record RemoteRequest(HttpMethod Method, Uri Url)
{
    /// <summary>The body; null for none. Who made it disposes of it.</summary>
    public SecretBuffer? Body { get; init; }

    /// <summary>Its media type.</summary>
    public string ContentType { get; init; } = "application/json";

    /// <summary>Headers.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];
}

/// <summary>Sends requests over HTTP with TLS whose files can be read again. Follows no redirection: it would carry the credentials along.</summary>
internal sealed class RemoteHttp : IDisposable
{
    private const int MostBytes = 1024 * 1024;
    private const int PartBytes = 4096;

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
            message.Content = new ReadOnlyMemoryContent(body.WrittenMemory);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.ContentType);
        }
        foreach (var (name, value) in request.Headers)
            message.Headers.TryAddWithoutValidation(name, value);
        using var response = await invoker.SendAsync(message, cancellationToken);
        return new RemoteAnswer(response.StatusCode, await ReadAsync(response, cancellationToken));
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

    // The connection's own buffers cannot be reached: what passed them stays there until others write over it.
    private static async ValueTask<SecretBuffer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new SecretBuffer();
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            int read;
            while ((read = await stream.ReadAsync(buffer.GetMemory(PartBytes), cancellationToken)) > 0)
            {
                buffer.Advance(read);
                if (buffer.Written.Length > MostBytes)
                    throw new IOException($"the answer is longer than {MostBytes} bytes");
            }
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }
}
