using Kist.Core;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>Whether every API server has loaded a file: by what it tells of itself, by the leases of others, and by what a person has seen.</summary>
/// <param name="servers">Those that are asked.</param>
/// <param name="objects">Where the leases lie.</param>
/// <param name="isOnlyFile">True when no other node's file is known.</param>
/// <param name="options">What a person says.</param>
internal sealed class LoadGate(IApiServers servers, IStoredObjects objects, bool isOnlyFile, RotationOptions options)
{
    /// <summary>What keeps API servers from counting as having loaded a file; empty when nothing does.</summary>
    /// <param name="fingerprints">The file's SHA-256; of several files, any will do.</param>
    /// <param name="changed">When the leading file was written.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Outcome<string>> OpenAsync(IReadOnlyList<string> fingerprints, DateTimeOffset changed, CancellationToken cancellationToken)
    {
        var leases = await objects.ServerLeasesAsync(cancellationToken);
        if (!leases.Succeeded)
            return leases.Failure;
        var judged = await JudgeAsync(fingerprints, changed, leases.Value, cancellationToken);
        var isConfirmed = options.Confirmed.Length >= RotationOptions.LeastConfirmed
            && fingerprints.Any(f => f.StartsWith(options.Confirmed, StringComparison.Ordinal));
        var open = judged.Where(j => j.State == LoadState.NotYet || (j.State == LoadState.Unknown && !isConfirmed)).ToList();
        if (open.Count > 0)
            return string.Join("; ", open.Select(j => $"{j.Server}: {j.Reason}")) + ". ";
        return judged.Count > 0 || isConfirmed ? "" : "No API server was named that could be asked. ";
    }

    private async Task<IReadOnlyList<LoadJudgement>> JudgeAsync(
        IReadOnlyList<string> fingerprints, DateTimeOffset changed, IReadOnlyList<string> leases, CancellationToken cancellationToken)
    {
        var judged = new List<LoadJudgement>();
        var asked = new List<ServerMetrics>();
        // Where no server keeps a lease, a person says so; the files tell of other nodes in any case.
        var isOnly = servers.Names.Count == 1 && isOnlyFile && (leases.Count == 1 || (leases.Count == 0 && options.ServersAreAll));
        foreach (var name in servers.Names)
        {
            var answer = await servers.MetricsAsync(name, cancellationToken);
            if (!answer.Succeeded)
            {
                judged.Add(new LoadJudgement(name, LoadState.Unknown, answer.Failure.Message));
                continue;
            }
            var metrics = ServerMetrics.Parse(answer.Value);
            asked.Add(metrics);
            judged.Add(LoadJudgement.Of(name, metrics, fingerprints, changed, isOnly));
        }
        if (leases.Count == 0 && judged.Count > 0 && !options.ServersAreAll)
            return [.. judged, LoadJudgement.Unseen];
        return LoadJudgement.Unasked(leases, asked) is { } others ? [.. judged, others] : judged;
    }
}
