using System.Net;
using Kist.Wire.Kubernetes.Credentials;

namespace Kist.Wire.Kubernetes.Transport;

/// <summary>Sends requests with the caller's credentials, again where that helps.</summary>
internal sealed class KubeTransport(KubeOptions options, KubeConnections? shared = null) : IDisposable
{
    private readonly KubeConnections connections = shared ?? new(options);

    /// <summary>The same connections for somebody else, who must not outlive this one.</summary>
    public KubeTransport As(IKubeCredentials caller) => new(options with { Connection = options.Connection with { Credentials = caller } }, connections);

    /// <summary>Sends a request and reads the answer whole. The memory is the caller's.</summary>
    public async Task<Memory<byte>> SendAsync(KubeRequest request, CancellationToken cancellationToken)
    {
        var attempt = 0;
        while (true)
        {
            attempt++;
            var reading = false;
            using var timer = Timer(cancellationToken);
            try
            {
                using var response = await OpenAsync(request, timer.Token, cancellationToken);
                reading = true;
                return await KubeBody.ReadAsync(response.Content, options.MaxReceiveBytes, timer.Token);
            }
            catch (Exception e) when (reading && e is IOException or HttpRequestException or OperationCanceledException)
            {
                if (!request.MayRepeat || attempt >= options.Attempts)
                    throw KubeRetries.Explain(e, options.Connection.Server, sent: true, cancellationToken);
                cancellationToken.ThrowIfCancellationRequested();
            }
            await WaitAsync(attempt, cancellationToken);
        }
    }

    /// <summary>Sends a request; the answer is a success, of which only the head has been read.</summary>
    public Task<HttpResponseMessage> OpenAsync(KubeRequest request, CancellationToken cancellationToken) =>
        OpenAsync(request, cancellationToken, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (shared is null)
            connections.Dispose();
    }

    private async Task<HttpResponseMessage> OpenAsync(KubeRequest request, CancellationToken timer, CancellationToken caller)
    {
        var renewed = false;
        var attempt = 0;
        while (true)
        {
            attempt++;
            var credential = await options.Connection.Credentials.GetAsync(new KubeCredentialRequest(renewed), timer);
            var response = await TryAsync(request, credential, attempt, timer, caller);
            if (response is null)
            {
                await WaitAsync(attempt, caller);
                continue;
            }
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
            {
                // The credential may have expired before its time; a new one is tried once.
                if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed && options.Connection.Credentials.CanRenew)
                {
                    renewed = true;
                    continue;
                }
                var wait = KubeRetries.After(options, (int)response.StatusCode, response.Headers.RetryAfter);
                if (wait is null || attempt >= options.Attempts)
                    throw await FailureAsync(request, response, timer);
                await Task.Delay(wait.Value, options.Time, caller);
            }
        }
    }

    // Null when the request can be sent again.
    private async Task<HttpResponseMessage?> TryAsync(
        KubeRequest request, KubeCredential credential, int attempt, CancellationToken timer, CancellationToken caller)
    {
        using var message = request.ToMessage(options.Connection.Server, options.UserAgent);
        credential.Apply(message);
        options.Connection.Apply(message);
        try
        {
            return await connections.For(credential).SendAsync(message, HttpCompletionOption.ResponseHeadersRead, timer);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            var unsent = KubeRetries.IsUnsent(e);
            var hopeless = KubeRetries.IsLasting(e) || e is OperationCanceledException || attempt >= options.Attempts;
            if (hopeless || (!unsent && !request.MayRepeat))
                throw KubeRetries.Explain(e, options.Connection.Server, !unsent, caller);
            return null;
        }
    }

    private async Task<KubeException> FailureAsync(KubeRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        KubeStatus? status = null;
        try
        {
            status = KubeStatus.Parse(await KubeBody.ReadAsync(response.Content, options.MaxReceiveBytes, cancellationToken));
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // What the head says is enough.
        }
        return KubeException.FromAnswer((int)response.StatusCode, status, request.Name);
    }

    private CancellationTokenSource Timer(CancellationToken cancellationToken)
    {
        var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(options.RequestTimeout);
        return timer;
    }

    private Task WaitAsync(int failures, CancellationToken cancellationToken) =>
        Task.Delay(KubeRetries.Delay(options, failures), options.Time, cancellationToken);
}
