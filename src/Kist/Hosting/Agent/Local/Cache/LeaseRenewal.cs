using System.Text;
using System.Text.Json;
using Kist.Client;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>Renews what the cache keeps, at two thirds of its time, and drops what ends.</summary>
internal sealed class LeaseRenewal(LeaseCache cache, Upstream upstream, TimeProvider time)
{
    private const int MaxAnswerBytes = 1 << 20;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);

    /// <summary>After a failure that need not last.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(5);

    private const int MostAtOnce = 16;

    /// <summary>An answer that takes longer is none.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly HashSet<string> underWay = new(StringComparer.Ordinal);

    /// <summary>Renews until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Step, time);
        var running = new List<Task>();
        while (await timer.WaitForNextTickAsync(stop))
        {
            // Not waited for: one that is slow must not hold up the others.
            running.Add(RenewDueAsync(stop));
            foreach (var ended in running.Where(static r => r.IsCompleted).ToList())
            {
                running.Remove(ended);
                await ended;
            }
        }
    }

    /// <summary>Renews what is due now.</summary>
    public async Task RenewDueAsync(CancellationToken stop)
    {
        var now = Uptime.Of(time);
        var all = cache.All;
        foreach (var ended in all.Where(a => a.Stale <= now))
            cache.Forget(ended);
        List<CachedAnswer> due;
        lock (underWay)
        {
            due = [.. all.Where(a => a.Stale > now && a.Renews <= now && !underWay.Contains(a.Key)).Take(MostAtOnce - underWay.Count)];
            underWay.UnionWith(due.Select(static a => a.Key));
        }
        await Task.WhenAll(due.Select(a => RenewOneAsync(a, stop)));
    }

    private async Task RenewOneAsync(CachedAnswer answer, CancellationToken stop)
    {
        try
        {
            await RenewAsync(answer, stop);
        }
        finally
        {
            lock (underWay)
                underWay.Remove(answer.Key);
        }
    }

    private async Task RenewAsync(CachedAnswer answer, CancellationToken stop)
    {
        var (status, json) = await AskAsync(answer, stop);
        var now = Uptime.Of(time);
        var granted = (answer.Token is null ? json : json?.Object("auth"))?.Number("lease_duration");
        if (status is >= 200 and < 300 && LeasedAnswer.Lasting(answer, granted, now) is { } renewed)
        {
            // Close to its longest life a lease is granted less and less: the last of it is not fought for.
            cache.Renewed(answer, renewed.Ends > answer.Ends ? renewed : answer with { Renews = null });
        }
        else if (status is >= 400 and < 500 and not (408 or 412 or 429))
            cache.Forget(answer);
        else
            cache.Renewed(answer, answer with { Renews = now + Again });
    }

    /// <summary>Status and answer; status 0 when there was none.</summary>
    private async Task<(int Status, JsonElement? Json)> AskAsync(CachedAnswer answer, CancellationToken stop)
    {
        var request = new ProxyRequest
        {
            Method = "POST",
            Path = answer.Token is null ? "sys/leases/renew" : "auth/token/renew-self",
            Namespace = answer.Request.Namespace,
            Token = answer.Token ?? answer.Request.Token,
            Headers = [new("Content-Type", "application/json")],
            Body = Encoding.UTF8.GetBytes(answer.Token is null ? $"{{\"lease_id\":{JsonSerializer.Serialize(answer.LeaseId, LeaseJson.Default.String)}}}" : "{}"),
        };
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var response = await upstream.SendAsync(request, null, "", either.Token);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, either.Token);
            return ((int)response.StatusCode, LeasedAnswer.Parse(await response.Content.ReadAsByteArrayAsync(either.Token)));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (0, null);
        }
        catch (Exception e) when (e is ConnectionException or HttpRequestException or IOException)
        {
            return (0, null);
        }
    }
}
