using System.Net;
using System.Security.Cryptography;

namespace Kist.Client.Settings;

/// <summary>
/// When a request is tried again: after 412 (this node has not yet reached the state that the client has seen) and when no connection could be made,
/// for then nothing was done; after 5xx but 501 if it only reads. After 5xx or a connection lost half way, the server may have done what a write asked
/// for: whether to ask again is the caller's to decide.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>Further attempts after the first. Default 2, as Vault's.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>Pause before the first further attempt.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>No pause is longer.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether an answer of this status is worth another attempt. Lists are reads too.</summary>
    public static bool Covers(HttpMethod method, HttpStatusCode status) =>
        status == HttpStatusCode.PreconditionFailed
        || (method == HttpMethod.Get && (int)status >= 500 && status != HttpStatusCode.NotImplemented);

    /// <summary>
    /// The pause after failed attempt <paramref name="attempt"/> (0 is the first): doubled each time, bounded, and cut by up to a half at random, so
    /// that the clients of a restarted server do not come back all at once.
    /// </summary>
    public TimeSpan Pause(int attempt)
    {
        var doubled = FirstPause * Math.Pow(2, Math.Min(attempt, 30));
        var bounded = doubled < LongestPause ? doubled : LongestPause;
        return bounded * (1 - RandomNumberGenerator.GetInt32(0, 500) / 1000.0);
    }
}
