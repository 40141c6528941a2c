using System.Text;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>Whether an API server works by the file as it is now.</summary>
public enum LoadState
{
    /// <summary>It does.</summary>
    Loaded,

    /// <summary>It works by another state of the file.</summary>
    NotYet,

    /// <summary>It does not tell.</summary>
    Unknown,
}

/// <summary>What is known of one API server.</summary>
/// <param name="Server">Its name.</param>
/// <param name="State">Whether it has loaded the file.</param>
/// <param name="Reason">How that is known, or why not.</param>
public sealed record LoadJudgement(string Server, LoadState State, string Reason)
{
    /// <summary>What is known of API servers that nobody named, where none keeps a lease.</summary>
    public static LoadJudgement Unseen { get; } = new(
        "API servers that nobody named",
        LoadState.Unknown,
        "none keeps a lease in etcd (before 1.26, or with the gate APIServerIdentity off), so that nobody sees whether those named are all; "
            + "-servers-are-all says that they are");

    /// <summary>
    /// What is known of API servers that nobody named, or that hide behind a balancer's address; null when there are none. They keep leases, and each
    /// server's metrics show its own lease's hash.
    /// </summary>
    /// <param name="leases">The leases' names.</param>
    /// <param name="asked">The metrics of those that answered.</param>
    public static LoadJudgement? Unasked(IReadOnlyList<string> leases, IReadOnlyList<ServerMetrics> asked)
    {
        var known = asked.SelectMany(m => m.Ids).ToHashSet(StringComparer.Ordinal);
        var others = leases.Where(name => !known.Contains(SealedBackup.FingerprintOf(Encoding.UTF8.GetBytes(name)))).ToList();

        // A server that does not show its lease can be any of them.
        if (others.Count <= asked.Count(m => m.Ids.Count == 0))
            return null;
        return new LoadJudgement(
            $"the API servers of the leases {string.Join(", ", others)}",
            LoadState.Unknown,
            "not all of them were asked, unless they have gone within the last hour");
    }

    /// <summary>Judges by the metrics.</summary>
    /// <param name="server">The server's name.</param>
    /// <param name="metrics">What it says.</param>
    /// <param name="fingerprints">The file's SHA-256; of several files, any will do.</param>
    /// <param name="changed">When the file was changed.</param>
    /// <param name="isOnly">
    /// True when this is the only server. Times tell which file a server has read only where the file lies on its own node.
    /// </param>
    public static LoadJudgement Of(string server, ServerMetrics metrics, IReadOnlyList<string> fingerprints, DateTimeOffset changed, bool isOnly)
    {
        if (metrics.Hashes.Count > 0)
        {
            return metrics.Hashes.All(fingerprints.Contains)
                ? new LoadJudgement(server, LoadState.Loaded, "its metrics show the file's hash")
                : new LoadJudgement(server, LoadState.NotYet, "its metrics show the hash of another file");
        }
        if (!isOnly)
            return new LoadJudgement(
                server, LoadState.Unknown, "its metrics show no hash, and with several servers times do not tell which file it read");
        // The file's time has the precision of the disk, that of the metrics can be a whole second.
        var settled = changed.AddSeconds(1);
        if (metrics.LastReload > settled)
            return new LoadJudgement(server, LoadState.Loaded, "it reloaded after the file was changed");
        if (metrics.Started > settled)
            return new LoadJudgement(server, LoadState.Loaded, "it was started after the file was changed");
        return metrics.LastReload is null && metrics.Started is null
            ? new LoadJudgement(server, LoadState.Unknown, "its metrics tell neither a hash nor a time")
            : new LoadJudgement(server, LoadState.NotYet, "it neither reloaded nor was started since the file was changed");
    }
}
