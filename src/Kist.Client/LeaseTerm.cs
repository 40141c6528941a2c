using System.Net;
using System.Security.Cryptography;
using Kist.Client.Agent;

namespace Kist.Client;

/// <summary>
/// How long a lease lasts, or a token that an answer brought, and the rule by which it is kept. It is renewed when two thirds of its time are over;
/// while no answer comes, again after pauses that grow, until its end. It is given up, so that what hangs on it is read anew, when it has ended, when
/// a renewal was refused, and, where it cannot be renewed, when most of its time is over. Close to its longest life a lease is granted less and less:
/// the last of it is not fought for. Times are spread, so that what began at once is not renewed at once.
/// </summary>
public sealed record LeaseTerm
{
    /// <summary>Of what cannot be renewed: the share of its time after which it is given up.</summary>
    public const double UsualThreshold = 0.9;

    private const double RenewalShare = 2 / 3.0;
    private const int MostSpread = 100;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private LeaseTerm(TimeSpan duration, bool isRenewable, double threshold, TimeProvider time)
    {
        (Duration, IsRenewable, Threshold, Ends) = (duration, isRenewable, threshold, time.After(duration));
        var share = duration * (isRenewable ? RenewalShare : threshold);
        var spread = share * (1 - (RandomNumberGenerator.GetInt32(0, MostSpread) / 1000.0));
        Due = time.After(spread > Shortest ? spread : Shortest);
    }

    /// <summary>How long it lasts, from the moment that this was granted.</summary>
    public TimeSpan Duration { get; }

    /// <summary>Whether it can be made to last longer.</summary>
    public bool IsRenewable { get; private init; }

    /// <summary>The moment of its end.</summary>
    public long Ends { get; private init; }

    /// <summary>The moment at which something is to be done: to ask for more time if it <see cref="IsToBeRenewed"/>, else to read anew.</summary>
    public long Due { get; private init; }

    private double Threshold { get; }

    private int Failures { get; init; }

    /// <summary>A lease that begins now.</summary>
    /// <param name="duration">How long it lasts.</param>
    /// <param name="isRenewable">Whether it can be made to last longer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="threshold">Of what cannot be renewed: the share of its time after which it is given up, 0 to 1.</param>
    public static LeaseTerm Begin(TimeSpan duration, bool isRenewable, TimeProvider time, double threshold = UsualThreshold) =>
        new(duration, isRenewable, threshold, time);

    /// <summary>Whether it has ended.</summary>
    public bool IsOver(TimeProvider time) => time.Until(Ends) <= TimeSpan.Zero;

    /// <summary>Whether more time is to be asked for when it is due.</summary>
    public bool IsToBeRenewed(TimeProvider time) => IsRenewable && !IsOver(time);

    /// <summary>What it is after a question for more time.</summary>
    /// <param name="status">Of the answer; null when none came.</param>
    /// <param name="granted">How long it lasts from now on, by the answer; zero when that does not say.</param>
    /// <param name="time">The clock.</param>
    public LeaseTerm After(HttpStatusCode? status, TimeSpan granted, TimeProvider time)
    {
        var isGranted = (int?)status is >= 200 and < 300;
        if (isGranted && granted > TimeSpan.Zero)
            return new(granted, granted * 2 >= Duration, Threshold, time);
        return isGranted || IsRefusal((int?)status) ? Ended(time) : Unanswered(time);
    }

    private LeaseTerm Ended(TimeProvider time) => this with { IsRenewable = false, Ends = time.GetTimestamp(), Due = time.GetTimestamp() };

    private LeaseTerm Unanswered(TimeProvider time)
    {
        var retry = time.After(BackOff.Pause(Failures, FirstRetry, LongestRetry));
        return this with { Failures = Failures + 1, Due = Math.Min(retry, Ends) };
    }

    // That a proxy waited in vain, a node lags, or too much was asked says nothing of the lease.
    private static bool IsRefusal(int? status) => status is >= 400 and < 500 and not (408 or 412 or 429);
}
