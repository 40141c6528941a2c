using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Client.Settings;
using Kist.Client.Transport;

namespace Kist.Client;

/// <summary>Speaks the Vault API to one server. Thread-safe.</summary>
public sealed class KistClient : IDisposable
{
    /// <summary>Larger answers are refused rather than held in memory.</summary>
    private const int MaxResponseBytes = 256 * 1024 * 1024;

    private readonly HttpClient http;
    private readonly TimeProvider time;
    private readonly bool canSendInPlace;

    /// <summary>A client with these settings.</summary>
    /// <param name="settings">Where the server is and what to send.</param>
    /// <param name="time">Measures pauses between attempts.</param>
    /// <param name="handler">Carries the requests, in tests; null for the network.</param>
    /// <exception cref="SettingException">A setting cannot be used.</exception>
    public KistClient(ClientSettings settings, TimeProvider time, HttpMessageHandler? handler = null)
    {
        Settings = settings;
        this.time = time;
        canSendInPlace = handler is null;
        http = new HttpClient(handler ?? HttpTransport.Create(settings))
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxResponseBytes,
        };
    }

    /// <summary>The settings.</summary>
    public ClientSettings Settings { get; }

    /// <summary>Sends a request, again where the settings' <see cref="RetryPolicy"/> says so.</summary>
    /// <returns>The last answer, of any status.</returns>
    /// <exception cref="ConnectionException">No answer came, or the server sends its clients to another host.</exception>
    /// <exception cref="SettingException">The path or a header cannot be sent.</exception>
    public async Task<ApiResponse> SendAsync(ApiRequest request, CancellationToken cancellation)
    {
        for (var attempt = 0; attempt < Settings.Retry.MaxRetries; attempt++)
        {
            if (await TryOnceAsync(request, cancellation) is { } response)
                return response;
            await Task.Delay(Settings.Retry.Pause(attempt), time, cancellation);
        }

        return await SendOnceAsync(request, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    /// <summary>The answer, or null when another attempt may get a better one.</summary>
    private async Task<ApiResponse?> TryOnceAsync(ApiRequest request, CancellationToken cancellation)
    {
        try
        {
            var response = await SendOnceAsync(request, cancellation);
            // An answer with data may be the only one of its kind, such as what a wrapping token gave.
            return RetryPolicy.Covers(request.Method, response.Status) && !response.HasData ? null : response;
        }
        catch (ConnectionException e) when (e.NothingSent)
        {
            return null;
        }
    }

    private async Task<ApiResponse> SendOnceAsync(ApiRequest request, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(Settings.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var url = new Uri(Settings.Address.Root, request.Target);
            var answer = await SendAsync(request, url, either.Token);
            if (Redirection.Of(Settings, answer) is { } target)
            {
                answer.Dispose();
                answer = await SendAsync(request, target, either.Token);
            }

            using (answer)
            {
                var body = await answer.Content.ReadAsByteArrayAsync(either.Token);
                return new ApiResponse(request, $"{Settings.Address}{url.AbsolutePath}", answer.StatusCode, body);
            }
        }
        catch (HttpRequestException e)
        {
            var reason = ConnectionFailure.Explain(e, Settings.Address);
            var nothingSent = e.HttpRequestError == HttpRequestError.ConnectionError;
            throw new ConnectionException($"cannot reach {Settings.Address}: {reason}", e) { NothingSent = nothingSent };
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new ConnectionException($"no answer from {Settings.Address} within {Settings.Timeout.TotalSeconds:0.#} seconds", e);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(ApiRequest request, Uri url, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(request.Method, url);
        AddHeaders(message.Headers, request);
        if (request.Body is { } body)
            message.Content = Content(body, request.ContentType);
        return request.InPlace && canSendInPlace
            ? http.Send(message, HttpCompletionOption.ResponseContentRead, cancellation)
            : await http.SendAsync(message, HttpCompletionOption.ResponseContentRead, cancellation);
    }

    private void AddHeaders(HttpRequestHeaders headers, ApiRequest request)
    {
        // The server may ask for this header, which a browser does not send across sites, to refuse forged requests.
        Add(headers, "X-Vault-Request", "true");
        if ((request.Token ?? Settings.Token) is { } token)
            Add(headers, "X-Vault-Token", token.Reveal());
        if (Settings.Namespace.Length > 0 && !request.WithoutNamespace)
            Add(headers, "X-Vault-Namespace", Settings.Namespace + "/");
        if (request.WrapTtl is { } ttl)
            Add(headers, "X-Vault-Wrap-TTL", ttl);
        if (request.RequiredIndex is { } index)
            Add(headers, "X-Vault-Index", index.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (Settings.Tls.ServerName is { } name)
            Add(headers, "Host", name);
        foreach (var (key, value) in Settings.Headers)
            Add(headers, key, value);
    }

    /// <summary>Adds a header, whose value is checked here because the base library would quote it in its message.</summary>
    private static void Add(HttpRequestHeaders headers, string name, string value)
    {
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new SettingException($"the value for {name} holds characters that a header cannot have; was something else pasted?");
        if (!headers.TryAddWithoutValidation(name, value))
            throw new SettingException($"{name} cannot be sent as a header of the request");
    }

    private static ByteArrayContent Content(JsonObject body, string contentType)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
            body.WriteTo(writer);
        return new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
    }
}
