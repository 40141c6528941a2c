using System.Security.Cryptography;
using Kist.Client.Watching;

namespace Kist.Client.Agent.Secrets;

/// <summary>
/// Hears of changes from the server for all templates at once, and tells the cache. Where the server does not tell, or must not be asked, the cache
/// is told to look from time to time; it is tried again now and then.
/// </summary>
/// <param name="cache">What is to hear of changes.</param>
/// <param name="requests">Speaks to the server.</param>
/// <param name="status">Is told how the watch is.</param>
/// <param name="log">Is told what fails.</param>
/// <param name="time">The clock.</param>
internal sealed class SecretWatch(SecretCache cache, AgentRequests requests, AgentStatus status, AgentLog log, TimeProvider time)
{
    /// <summary>The part's name in the agent's status.</summary>
    public const string Part = "watch";

    // Asked for before there is anything to watch, to know the index before anything is read.
    private const string Nothing = "kist-agent/begin";

    // A refusal may be the token's, whose keeper looks at it meanwhile.
    private const int MostRefusals = 3;

    // Milliseconds. A server that was restarted tells all agents at once that changes were lost, and each reads all that it has.
    private const int LeastSpread = 500;
    private const int MostSpread = 10_000;

    // Templates that are rendered one after the other make one question, not one each.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UnsupportedPause = TimeSpan.FromMinutes(10);

    private readonly ServerWatch watch = new(requests.SendAsync, requests.Timeout);
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool isFailing;

    /// <summary>Completes when the index is known from which changes are told, or that none are.</summary>
    public Task Begun => begun.Task;

    /// <summary>Called when the server answers again after a failure.</summary>
    public Action Recovered { get; init; } = static () => { };

    /// <summary>Listens until <paramref name="cancellation"/>.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            if (await AskAsync([Nothing], null, cancellation) is { } began)
            {
                cache.IsUnwatched = false;
                // What was read before the index was known may have changed in between.
                cache.TellAll(began.Index);
                begun.TrySetResult();
                await FollowAsync(began.Index, cancellation);
            }
            if (!cache.IsUnwatched)
                log(AgentLogLevel.Info, "the server tells of no changes: secrets are read again from time to time (static_secret_render_interval)");
            cache.IsUnwatched = true;
            begun.TrySetResult();
            var refused = requests.Token.Current;
            await Waiting.ForAnyAsync(
                [stop => Task.Delay(UnsupportedPause, time, stop), stop => requests.Token.NextAsync(refused, stop)], cancellation);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Returns when the server tells of changes no more.</summary>
    private async Task FollowAsync(long index, CancellationToken cancellation)
    {
        IReadOnlyList<string>? before = null;
        while (true)
        {
            var (paths, changed) = cache.Watched();
            // What is asked for anew was read before it was listened for: from then on its changes are to be told. Others are told twice, which only
            // reads them once more. At first, all that is known was just told to have changed.
            if (before is not null && cache.SinceOf(paths.Except(before).ToHashSet(StringComparer.Ordinal)) is { } since)
                index = Math.Min(index, since);
            before = paths;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            var settled = SettledAsync(changed, over.Token);
            var listening = ServerWatch.Divide(paths).Select(question => ListenAsync(question, index, over.Token)).ToList();
            await Task.WhenAny([settled, .. listening]);
            await over.CancelAsync();
            await settled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var reached = await Task.WhenAll(listening);
            cancellation.ThrowIfCancellationRequested();
            if (Array.Exists(reached, static r => r is null))
                return;
            index = reached.Min() ?? index;
        }
    }

    private async Task SettledAsync(Task changed, CancellationToken over)
    {
        await changed.WaitAsync(over);
        await Task.Delay(Settling, time, over);
    }

    /// <summary>The index that was reached; null when the server tells of changes no more.</summary>
    private async Task<long?> ListenAsync(IReadOnlyList<string> question, long index, CancellationToken over)
    {
        try
        {
            while (await AskAsync(question, index, over) is { } answer)
            {
                if (answer.Lost)
                {
                    // All agents hear it at once. Who is interrupted asks again from where it was, and hears it again.
                    await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(LeastSpread, MostSpread)), time, over);
                    cache.TellAll(answer.Index);
                }
                else if (answer.Changes.Count > 0)
                {
                    status.Count("kist_agent_changes_total");
                    cache.Tell(answer.Changes);
                }
                index = answer.Index;
                cache.Hear(index);
            }
            return null;
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return index;
        }
    }

    /// <summary>Asks until there is an answer; null when the server does not tell of changes.</summary>
    private async Task<WatchAnswer?> AskAsync(IReadOnlyList<string> question, long? index, CancellationToken cancellation)
    {
        var pauses = new BackOff(LeastPause, MostPause);
        var refusals = 0;
        while (true)
        {
            var answer = await watch.AskAsync(question, index, cancellation);
            if (answer.Outcome == WatchOutcome.Failed || (answer.Outcome == WatchOutcome.Refused && ++refusals < MostRefusals))
            {
                Failing(answer.Reason);
                await Task.Delay(pauses.Next(), time, cancellation);
                continue;
            }
            Well();
            return answer.Outcome == WatchOutcome.Answered ? answer : null;
        }
    }

    private void Failing(string reason)
    {
        status.Bad(Part, $"{reason}; what was read last stands");
        if (!isFailing)
            log(AgentLogLevel.Warn, $"cannot hear of changes: {reason}");
        isFailing = true;
    }

    private void Well()
    {
        status.Good(Part);
        if (!isFailing)
            return;
        isFailing = false;
        log(AgentLogLevel.Info, "hears of changes again");
        Recovered();
    }
}
