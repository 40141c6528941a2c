using System.Net;
using System.Security.Cryptography;
using Kist.Client;
using Kist.Client.Settings;
using Kist.Client.Transport;

namespace Kist.Hosting.Agent.Local;

/// <summary>Sends requests to the server and answers as soon as the headers of its answer are there.</summary>
internal sealed class Upstream : IDisposable
{
    /// <summary>A request that waits for changes (<c>sys/watch</c>) is answered after a minute at the latest.</summary>
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(60);

    private readonly ClientSettings settings;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker http;
    private readonly HttpMessageInvoker? nameless;
    private readonly string name = $"kist-agent-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";

    /// <summary>To the server of these settings.</summary>
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public Upstream(ClientSettings settings, TimeProvider time)
    {
        this.settings = settings;
        this.time = time;
        http = new HttpMessageInvoker(HttpTransport.Create(settings));
        if (settings.Tls.ClientCertificate is not null)
        {
            var tls = settings.Tls with { ClientCertificate = null, ClientKey = null };
            nameless = new HttpMessageInvoker(HttpTransport.Create(settings with { Tls = tls }));
        }
    }

    /// <summary>Whether a request has gone through this agent already: its own address is configured as the server's.</summary>
    public bool HasPassed(IEnumerable<string?> via) => via.Any(v => v is not null && v.Contains(name, StringComparison.Ordinal));

    /// <summary>Sends a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="body">Its body when it is passed on as it comes; null for none, or for one that was read.</param>
    /// <param name="via">The ways that it has come.</param>
    /// <param name="cancellation">The caller has gone.</param>
    /// <exception cref="ConnectionException">No answer came.</exception>
    public async Task<HttpResponseMessage> SendAsync(ProxyRequest request, HttpContent? body, string via, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(settings.Timeout + LongestPoll, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        var url = UrlOf(request, settings.Address.Root.AbsoluteUri);
        try
        {
            var answer = await SendAsync(request, body, via, url, either.Token);
            if (!IsRedirection(answer))
                return answer;
            using (answer)
                url = Redirected(request, answer, url, isBodyGone: body is not null);
            var second = await SendAsync(request, null, via, url, either.Token);
            if (!IsRedirection(second))
                return second;
            second.Dispose();
            throw new ConnectionException($"{settings.Address} sends its clients to {url.Scheme}://{url.Authority}, and that sends them on: one redirection is followed");
        }
        catch (HttpRequestException e)
        {
            throw new ConnectionException($"the agent cannot reach {settings.Address}: {ConnectionFailure.Explain(e, settings.Address)}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new ConnectionException($"no answer from {settings.Address} within {(settings.Timeout + LongestPoll).TotalSeconds:0} seconds", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        http.Dispose();
        nameless?.Dispose();
    }

    // The method cert would take the agent's certificate for the caller's, and give him a token of the agent's role.
    private static bool MayLogIn(ProxyRequest request) =>
        request.Path.Split('/') is var segments && segments.Contains("auth") && segments.Contains("login");

    private static bool IsRedirection(HttpResponseMessage answer) =>
        (int)answer.StatusCode is >= 300 and < 400 && answer.StatusCode != HttpStatusCode.NotModified;

    // The library would resolve dots and escapes once more.
    private static Uri UrlOf(ProxyRequest request, string root) => new(
        $"{root}v1/{TargetPath.Encode(request.Path)}{request.Query}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>Where the server sends its clients, by the rule of the agent's own requests. Only the place changes: the path is the one that was checked.</summary>
    /// <exception cref="ConnectionException">The request does not go there; nor is the caller sent there, whose token would go with it.</exception>
    private Uri Redirected(ProxyRequest request, HttpResponseMessage answer, Uri url, bool isBodyGone)
    {
        if (Redirection.Of(settings, answer) is not { } target)
            throw new ConnectionException($"{settings.Address} answers with a redirection ({(int)answer.StatusCode}) that is not followed");
        var root = new Uri($"{target.Scheme}://{target.Authority}{settings.Address.Root.AbsolutePath}");
        if (Uri.UnescapeDataString(target.AbsolutePath) != Uri.UnescapeDataString(url.AbsolutePath))
            throw new ConnectionException($"{settings.Address} sends the request to another path, where nothing was sent");
        return isBodyGone
            ? throw new ConnectionException($"{settings.Address} sends its clients to {root}; the request's body is too large, or of unknown length, and cannot be sent a second time: name that address")
            : UrlOf(request, root.AbsoluteUri);
    }

    private async Task<HttpResponseMessage> SendAsync(ProxyRequest request, HttpContent? body, string via, Uri url, CancellationToken cancellation)
    {
        using var message = Message(request, body, via, url);
        return await (MayLogIn(request) ? nameless ?? http : http).SendAsync(message, cancellation);
    }

    private HttpRequestMessage Message(ProxyRequest request, HttpContent? body, string via, Uri url)
    {
        var message = new HttpRequestMessage(new HttpMethod(request.Method), url);
        if (request.Body is { } read)
            body = read.IsEmpty ? null : new ReadOnlyMemoryContent(read);
        message.Content = body;
        var configured = settings.Headers.Select(static h => h.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (header, value) in request.Headers.Where(h => !configured.Contains(h.Key)))
        {
            if (!message.Headers.TryAddWithoutValidation(header, value))
                body?.Headers.TryAddWithoutValidation(header, value);
        }
        foreach (var (header, value) in settings.Headers)
            message.Headers.TryAddWithoutValidation(header, value);
        message.Headers.TryAddWithoutValidation("X-Vault-Request", "true");
        if (request.Token is { } token)
            message.Headers.TryAddWithoutValidation("X-Vault-Token", token.Reveal());
        if (request.Namespace.Length > 0)
            message.Headers.TryAddWithoutValidation("X-Vault-Namespace", request.Namespace + "/");
        message.Headers.TryAddWithoutValidation("Via", via.Length > 0 ? $"{via}, 1.1 {name}" : $"1.1 {name}");
        message.Headers.Host = settings.Tls.ServerName;
        return message;
    }
}
