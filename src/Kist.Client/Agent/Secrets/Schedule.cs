using System.Security.Cryptography;
using Kist.Client.Agent.Templates;

namespace Kist.Client.Agent.Secrets;

/// <summary>
/// When something is to be done about an answer. All times are spread, so that what was fetched at once is not fetched at once again.
/// </summary>
/// <param name="options">The usual pause.</param>
/// <param name="time">The time that what is due is told in.</param>
internal sealed class Schedule(TemplateOptionsConfig options, TimeProvider time)
{
    private const double Spread = 0.1;

    // No notice tells of a mount that was disabled, of a policy that was narrowed, or of a version that ended by its age.
    private static readonly TimeSpan WatchedPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether nobody tells of changes.</summary>
    public bool IsUnwatched { get; set; }

    /// <summary>The time of a fetch of what has no lease; null for never.</summary>
    public DateTimeOffset? DueOf(FetchedSecret fetched) => fetched.Refreshing switch
    {
        Refreshing.OnNotice when !IsUnwatched => After(Most(WatchedPause, options.StaticSecretRenderInterval)),
        Refreshing.OnNotice => After(options.StaticSecretRenderInterval),
        Refreshing.Regularly => After(Least(fetched.Pause, options.StaticSecretRenderInterval)),
        // How long it is until then is asked once: a clock that is set later does not change it.
        Refreshing.At => time.GetUtcNow() + (fetched.RefreshAt - SteadyTime.Wall(time).GetUtcNow()),
        _ => null,
    };

    private DateTimeOffset After(TimeSpan pause)
    {
        var spread = pause * (1 - (Spread * RandomNumberGenerator.GetInt32(0, 1_000) / 1_000.0));
        return time.GetUtcNow() + (spread > Shortest ? spread : Shortest);
    }

    private static TimeSpan Most(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static TimeSpan Least(TimeSpan asked, TimeSpan usual) => asked > TimeSpan.Zero && asked < usual ? asked : usual;
}
