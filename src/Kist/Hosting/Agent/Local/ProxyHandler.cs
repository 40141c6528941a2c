using System.Buffers;
using System.Net;
using Kist.Client;
using Kist.Client.Agent;
using Kist.Crypto;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Kist.Hosting.Agent.Local;

/// <summary>Passes a request on to the server, and its answer back as it comes.</summary>
internal sealed class ProxyHandler(ProxyRequestReader reader, Upstream upstream, AgentToken token, AgentStatus status, TimeProvider time, CachingHandler? cache)
{
    /// <summary>As the server's.</summary>
    public const int MaxBodyBytes = 32 * 1024 * 1024;

    /// <summary>Larger bodies, and those that do not say how large they are, are passed on as they come.</summary>
    private const int MaxKeptBodyBytes = 256 * 1024;

    private const int ChunkBytes = 16 * 1024;

    private static readonly TimeSpan BetweenDoubts = TimeSpan.FromSeconds(5);

    private long doubted;

    /// <summary>Answers a request for <c>/v1/</c>.</summary>
    /// <param name="http">The request.</param>
    /// <param name="rawPath">What follows <c>/v1/</c>, as sent.</param>
    /// <param name="listener">The listener that it came in by.</param>
    /// <returns>Why it was not passed on; null when it was.</returns>
    public async Task<LocalRefusal?> HandleAsync(HttpContext http, string rawPath, LocalListener listener)
    {
        if (upstream.HasPassed(http.Request.Headers.Via))
            return new LocalRefusal(StatusCodes.Status508LoopDetected, "loop", "the agent's own address is configured as its server's");
        if (reader.Read(http, rawPath, listener, out var refusal) is not { } request)
            return refusal;
        if (http.Request.ContentLength > MaxBodyBytes)
            return TooLarge;
        try
        {
            // A small body can be sent again where the server sends its clients.
            if (await SmallBody.ReadAsync(http.Request, MaxKeptBodyBytes) is { } small)
                request = request with { Body = small };
            if (cache is null)
            {
                using var answer = await SendAsync(http, request, http.RequestAborted);
                await PassBackAsync(http, request, answer, default);
                return null;
            }
            await cache.HandleAsync(http, request, left => SendAsync(http, request, left), (answer, start) => PassBackAsync(http, request, answer, start));
            return null;
        }
        catch (BadHttpRequestException e)
        {
            return FaultOfBody(e);
        }
        catch (ConnectionException e)
        {
            if (FaultOfBody(e) is { } fault)
                return fault;
            status.Count("kist_agent_proxy_failures_total");
            return new LocalRefusal(StatusCodes.Status502BadGateway, "unreachable", e.Message);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext http, ProxyRequest request, CancellationToken left)
    {
        var body = request.Body is null ? Body(http) : null;
        var answer = await upstream.SendAsync(request, body, http.Request.Headers.Via.ToString(), left);
        status.Count("kist_agent_proxy_requests_total");
        if (answer.StatusCode == HttpStatusCode.Forbidden && request is { BringsAgentToken: true, Token: { } refused })
            Doubt(refused);
        return answer;
    }

    // A policy that does not allow a path is answered in the same way, and a caller may ask for it all day.
    private void Doubt(SecretText refused)
    {
        var now = time.GetTimestamp();
        var last = Interlocked.Read(ref doubted);
        if ((last == 0 || time.GetElapsedTime(last, now) > BetweenDoubts) && Interlocked.CompareExchange(ref doubted, now, last) == last)
            token.Doubt(refused);
    }

    private static LocalRefusal TooLarge { get; } =
        new(StatusCodes.Status413PayloadTooLarge, "body", $"the request body is larger than {MaxBodyBytes / 1024 / 1024} MiB");

    private static StreamContent? Body(HttpContext http)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
            return null;
        var content = new StreamContent(http.Request.Body);
        content.Headers.ContentLength = http.Request.ContentLength;
        return content;
    }

    /// <summary>What was wrong with the caller's body, when that is why the server got none; else null.</summary>
    private static LocalRefusal? FaultOfBody(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            if (cause is BadHttpRequestException bad)
            {
                return bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? TooLarge
                    : new LocalRefusal(bad.StatusCode, "body", "the request body ends early, came too slowly or is not encoded as its headers say");
            }
        }
        return null;
    }

    private async Task PassBackAsync(HttpContext http, ProxyRequest request, HttpResponseMessage answer, ReadOnlyMemory<byte> start)
    {
        var mask = new TokenMask(request.BringsAgentToken ? request.Token : token.Current);
        http.Response.StatusCode = (int)answer.StatusCode;
        PassedHeaders.Down(answer, http.Response);
        http.Response.ContentLength = answer.Content.Headers.ContentLength;
        if (HttpMethods.IsHead(http.Request.Method) || answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
            return;
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            await http.Response.Body.WriteAsync(mask.Next(start), http.RequestAborted);
            await using var body = await answer.Content.ReadAsStreamAsync(http.RequestAborted);
            // Events go out as they come, so that each piece is sent at once.
            for (int count; (count = await body.ReadAsync(buffer, http.RequestAborted)) > 0;)
            {
                await http.Response.Body.WriteAsync(mask.Next(buffer.AsMemory(0, count)), http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
            await http.Response.Body.WriteAsync(mask.Last(), http.RequestAborted);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }
}
