using System.Globalization;
using System.Net;
using Kist.Client.Agent;
using Kist.Hosting.Agent.Local.Cache;
using Microsoft.AspNetCore.Http;

namespace Kist.Hosting.Agent.Local;

/// <summary>Answers from the cache what stands there, and brings there what the server answers. Equal requests at once are one.</summary>
internal sealed class CachingHandler(LeaseCache cache, AgentStatus status, TimeProvider time)
{
    /// <summary>Larger answers are passed on and not kept.</summary>
    private const int MaxBytes = 256 * 1024;

    /// <summary>Answers a prepared request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="request">What to send.</param>
    /// <param name="send">Sends it.</param>
    /// <param name="passBack">Gives an answer to the caller: the answer, and what was read of it already.</param>
    public async Task HandleAsync(
        HttpContext http, ProxyRequest request, Func<CancellationToken, Task<HttpResponseMessage>> send, Func<HttpResponseMessage, ReadOnlyMemory<byte>, Task> passBack)
    {
        if (request.Body is null || !LeasedAnswer.IsPossible(request))
        {
            using var plain = await SendAsync(request, () => send(http.RequestAborted));
            await passBack(plain, default);
            return;
        }
        var key = CacheKey.Of(request);
        var turn = await cache.EnterAsync(key, http.RequestAborted);
        // When this caller leaves, the others still wait for what was asked for.
        var left = turn?.AllLeft ?? http.RequestAborted;
        try
        {
            if (cache.Find(key) is { } kept)
            {
                await GiveAsync(http, kept);
                return;
            }
            var before = cache.Drops;
            using var answer = await send(left);
            var start = await StartAsync(answer, left);
            if (start.IsWhole && answer.StatusCode == HttpStatusCode.OK && LeasedAnswer.Read(key, request, start.Bytes.ToArray(), Uptime.Of(time)) is { } leased)
                cache.Keep(leased, before);
            // The others need not wait for this caller to read.
            turn?.Dispose();
            http.Response.Headers["X-Cache"] = "MISS";
            await passBack(answer, start.Bytes);
        }
        finally
        {
            turn?.Dispose();
        }
    }

    // What a revocation covers is dropped unless the server has refused it: without an answer it may have been done.
    private async Task<HttpResponseMessage> SendAsync(ProxyRequest request, Func<Task<HttpResponseMessage>> send)
    {
        var isRefused = false;
        try
        {
            var answer = await send();
            isRefused = (int)answer.StatusCode is >= 400 and < 500;
            return answer;
        }
        finally
        {
            if (!isRefused && Revocations.Of(request) is { } revoked)
                cache.Drop(revoked);
        }
    }

    private Task GiveAsync(HttpContext http, CachedAnswer kept)
    {
        status.Count("kist_agent_cache_hits_total");
        http.Response.Headers["X-Cache"] = "HIT";
        http.Response.Headers.Age = ((long)(Uptime.Of(time) - kept.Since).TotalSeconds).ToString(CultureInfo.InvariantCulture);
        return LocalAnswer.SendAsync(http, StatusCodes.Status200OK, "application/json", kept.Body);
    }

    private static async Task<(ReadOnlyMemory<byte> Bytes, bool IsWhole)> StartAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var bytes = new byte[Math.Min(answer.Content.Headers.ContentLength ?? MaxBytes, MaxBytes) + 1];
        var body = await answer.Content.ReadAsStreamAsync(cancellation);
        var count = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
        return (bytes.AsMemory(0, count), count < bytes.Length);
    }
}
