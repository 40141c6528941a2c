using System.Net;
using Kist.Client.Agent;
using Kist.Crypto;
using Kist.Hosting.Agent.Local;
using Kist.Hosting.Agent.Local.Cache;
using Microsoft.AspNetCore.Http;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>Callers who wait for one request, and leave.</summary>
public sealed class LeaseSharingTests
{
    private const string Lease = """{"lease_id":"database/creds/app/1","renewable":true,"lease_duration":3600}""";

    private readonly TaskCompletionSource<HttpResponseMessage> asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LeaseCache cache;
    private readonly CachingHandler handler;
    private readonly ProxyRequest request;
    private int sent;

    public LeaseSharingTests()
    {
        var token = new AgentToken();
        var current = new SecretText(LocalApiFixture.AgentsToken);
        token.Set(current);
        var time = new SetTime();
        cache = new LeaseCache(1 << 20, token, time);
        handler = new CachingHandler(cache, new AgentStatus(time), time);
        request = new ProxyRequest { Method = "GET", Path = "database/creds/app", Token = current, BringsAgentToken = true, Body = ReadOnlyMemory<byte>.Empty };
    }

    [Fact]
    public async Task A_caller_who_leaves_does_not_take_away_what_others_wait_for()
    {
        using var leaving = new CancellationTokenSource();
        var first = HandleAsync(new DefaultHttpContext { RequestAborted = leaving.Token });
        var http = new DefaultHttpContext();
        var second = HandleAsync(http);
        await leaving.CancelAsync();
        asked.TrySetResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Lease) });
        await Task.WhenAll(first, second);
        Assert.Equal("HIT", http.Response.Headers["X-Cache"]);
        Assert.Equal(1, sent);
    }

    [Fact]
    public async Task What_nobody_waits_for_any_more_is_given_up_and_asked_anew_by_the_next()
    {
        using var leaving = new CancellationTokenSource();
        using var alsoLeaving = new CancellationTokenSource();
        var first = HandleAsync(new DefaultHttpContext { RequestAborted = leaving.Token });
        var second = HandleAsync(new DefaultHttpContext { RequestAborted = alsoLeaving.Token });
        await leaving.CancelAsync();
        await alsoLeaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        using var next = await cache.EnterAsync(CacheKey.Of(request), CancellationToken.None);
        Assert.NotNull(next);
        Assert.False(next.AllLeft.IsCancellationRequested);
    }

    private Task HandleAsync(HttpContext http) => handler.HandleAsync(
        http,
        request,
        left =>
        {
            sent++;
            return asked.Task.WaitAsync(left);
        },
        static (_, _) => Task.CompletedTask);
}
