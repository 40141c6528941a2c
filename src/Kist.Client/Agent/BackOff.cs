using System.Security.Cryptography;

namespace Kist.Client.Agent;

/// <summary>
/// The pauses between tries of something that fails: doubled each time, bounded, and spread by a quarter either way, so that the agents of a restarted
/// server do not come back all at once. Not thread-safe.
/// </summary>
/// <param name="least">The first pause, before it is spread.</param>
/// <param name="most">No pause is longer.</param>
public sealed class BackOff(TimeSpan least, TimeSpan most)
{
    // Beyond it, the doubled pause is over every bound; larger exponents would overflow.
    private const int MostDoublings = 30;

    private int failures;

    /// <summary>The pause before the next try.</summary>
    public TimeSpan Next() => Pause(failures++, least, most);

    /// <summary>It succeeded: the next pause is the first again.</summary>
    public void Reset() => failures = 0;

    /// <summary>The pause after so many failures.</summary>
    public static TimeSpan Pause(int failures, TimeSpan least, TimeSpan most)
    {
        var doubled = least.TotalMilliseconds * Math.Pow(2, Math.Min(failures, MostDoublings));
        var spread = 0.75 + (RandomNumberGenerator.GetInt32(0, 501) / 1000.0);
        return TimeSpan.FromMilliseconds(Math.Min(Math.Min(doubled, most.TotalMilliseconds) * spread, most.TotalMilliseconds));
    }
}
