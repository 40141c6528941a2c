using System.Net;
using System.Security.Cryptography;

namespace Kist.Client.Settings;

/// <summary>
/// When a request is tried again: after 412 (this node has not yet reached the state that the client has seen), after 5xx but 501, and when no
/// connection could be made. A connection lost half way is not tried again, because the server may have done the work.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>Further attempts after the first. Default 2, as Vault's.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>Pause before the first further attempt.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>No pause is longer.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether an answer of this status is worth another attempt.</summary>
    public static bool Covers(HttpStatusCode status) =>
        status == HttpStatusCode.PreconditionFailed || ((int)status >= 500 && status != HttpStatusCode.NotImplemented);

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
