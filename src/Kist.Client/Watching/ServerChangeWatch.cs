using Kist.Client.Run.Watching;

namespace Kist.Client.Watching;

/// <summary>
/// Lets the server tell of changes, and looks from time to time where it does not: at another server, at secrets that are not told of, and while the
/// token must not ask.
/// </summary>
/// <param name="client">Speaks to the server.</param>
/// <param name="polling">Looks by itself.</param>
/// <param name="time">The clock.</param>
public sealed class ServerChangeWatch(Func<KistClient> client, IChangeWatch polling, TimeProvider time) : IChangeWatch
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);
    private long? index;

    /// <summary>The state up to which changes have been told, or null: what is read because of them is to include it.</summary>
    public long? Index => index;

    /// <inheritdoc/>
    public async Task<string> WaitAsync(IReadOnlyList<ReadVersion> read, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Beside the notices: what no notice tells of, such as a secret of another engine, is still looked at.
        var looked = polling.WaitAsync(read, either.Token);
        var told = ListenAsync(read, either.Token);
        var first = await Task.WhenAny(looked, told);
        await either.CancelAsync();
        await Task.WhenAll((Task)looked, told).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await first;
    }

    private async Task<string> ListenAsync(IReadOnlyList<ReadVersion> read, CancellationToken cancellation)
    {
        var watch = new ServerWatch((request, stop) => client().SendAsync(request, stop), client().Settings.Timeout);
        var paths = read.Where(static r => !r.IsLeased && r.Id.Query.Count == 0).Select(static r => r.Id.Path)
            .Where(ServerWatch.CanWatch).Distinct(StringComparer.Ordinal).ToList();
        // One question is enough for a program; looking covers what goes beyond.
        var questions = ServerWatch.Divide(paths);
        while (questions.Count > 0)
        {
            var answer = await watch.AskAsync(questions[0], index, cancellation);
            if (answer.Outcome is WatchOutcome.Unsupported or WatchOutcome.Refused)
                break;
            if (answer.Outcome == WatchOutcome.Failed)
            {
                await Task.Delay(RetryPause, time, cancellation);
                continue;
            }
            index = answer.Index;
            if (answer.Changes.FirstOrDefault(change => IsNew(change, read)) is { } changed)
                return changed.Path;
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        return "";
    }

    // A version that was read and is deleted or restored since is not another value.
    private static bool IsNew(WatchedPath change, IReadOnlyList<ReadVersion> read) =>
        read.Any(r => r.Id.Path == change.Path && (r.Version is null || r.Version != change.Version));
}
