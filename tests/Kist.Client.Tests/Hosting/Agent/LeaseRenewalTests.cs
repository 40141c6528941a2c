using System.Collections.Concurrent;
using Kist.Client.Agent;
using Kist.Client.Settings;
using Kist.Core.Tests;
using Kist.Crypto;
using Kist.Hosting.Agent.Local;
using Kist.Hosting.Agent.Local.Cache;

namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>Renewals of what the cache keeps, beside one that the server does not answer.</summary>
public sealed class LeaseRenewalTests
{
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(30);

    private readonly ManualClock clock = new();
    private readonly ConcurrentQueue<string> asked = new();
    private readonly TaskCompletionSource givenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_slow_renewal_holds_up_no_other_and_is_given_up_after_a_minute_and_tried_again()
    {
        await using var server = await FakeUpstream.StartAsync();
        server.Answer = async (http, request) =>
        {
            asked.Enqueue(request.Text);
            if (!request.Text.Contains("slow"))
            {
                await FakeUpstream.JsonAsync(http, 200, """{"lease_duration":3600,"renewable":true}""");
                return;
            }
            using var gone = http.RequestAborted.Register(givenUp.SetResult);
            await givenUp.Task;
        };
        using var upstream = new Upstream(new ClientSettings { Address = ServerAddress.Parse(server.Address) }, clock);
        var token = new AgentToken();
        token.Set(new SecretText(LocalApiFixture.AgentsToken));
        var cache = new LeaseCache(1 << 20, token, clock);
        Keep(cache, token, "slow", 3600);
        Keep(cache, token, "quick", 3630);
        using var stop = new CancellationTokenSource();
        var running = new LeaseRenewal(cache, upstream, clock).RunAsync(stop.Token);

        clock.Advance(TimeSpan.FromSeconds(2400));
        Assert.True(SpinWait.SpinUntil(() => Times("slow") == 1, LongEnough));
        clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True(SpinWait.SpinUntil(() => Times("quick") == 1, LongEnough));
        Assert.False(givenUp.Task.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(41));
        await givenUp.Task.WaitAsync(LongEnough);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                Thread.Sleep(20);
                return Times("slow") > 1;
            },
            LongEnough));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private int Times(string lease) => asked.Count(a => a.Contains(lease));

    private void Keep(LeaseCache cache, AgentToken token, string lease, long seconds)
    {
        var request = new ProxyRequest { Method = "GET", Path = $"database/creds/{lease}", Token = token.Current, Body = ReadOnlyMemory<byte>.Empty };
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"lease_id":"{{lease}}","renewable":true,"lease_duration":{{seconds}}}""");
        cache.Keep(LeasedAnswer.Read(CacheKey.Of(request), request, body, Uptime.Of(clock))!, cache.Drops);
    }
}
