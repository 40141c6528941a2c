using Kist.Client.Agent.Secrets;
using Kist.Client.Run;
using Kist.Client.Templates;

namespace Kist.Client.Agent.Templates;

/// <summary>
/// Makes something of templates, and again each time that what they depend on changes. What fails is tried again, with growing pauses.
/// </summary>
/// <param name="work">What to make.</param>
/// <param name="engine">What the agent's templates share.</param>
internal sealed class TemplateLoop(ITemplateWork work, TemplateEngine engine)
{
    // As often as Vault tries.
    private const int MostFailures = 12;

    private readonly BackOff pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    private HashSet<TemplateDependency> used = [];

    /// <summary>Makes it until <paramref name="cancellation"/>.</summary>
    /// <param name="once">Returns when it has been made.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="AgentException">It failed too often, and the configuration says that the agent ends then.</exception>
    public async Task RunAsync(bool once, CancellationToken cancellation)
    {
        var failures = 0;
        while (true)
        {
            var since = engine.Cache.Moment;
            var recovered = engine.Recovered;
            if (await TryAsync(cancellation) is { } reason)
            {
                if (++failures >= MostFailures && engine.Options.ExitOnRetryFailure)
                    throw new AgentException($"{work.Part}: {reason}");
                await RestAsync(since, recovered, cancellation);
                continue;
            }
            failures = 0;
            pauses.Reset();
            if (once)
                return;
            await engine.Cache.ChangedAsync(this, since, cancellation);
            await GatherAsync(cancellation);
        }
    }

    // Why it failed, or null.
    private async Task<string?> TryAsync(CancellationToken cancellation)
    {
        var asked = new HashSet<TemplateDependency>();
        try
        {
            await work.MakeAsync(asked, cancellation);
            Use(asked);
            engine.Status.Good(work.Part);
            return null;
        }
        catch (Exception e) when (e is not AgentException && !(e is OperationCanceledException && cancellation.IsCancellationRequested))
        {
            var reason = Reason(e);
            // What the last good one depends on is still to be watched.
            asked.UnionWith(used);
            Use(asked);
            engine.Status.Bad(work.Part, reason);
            engine.Status.Count("kist_agent_template_failures_total");
            engine.Log(AgentLogLevel.Warn, $"{work.Part}: {reason}");
            return reason;
        }
    }

    // What nobody foresaw may name a value.
    private static string Reason(Exception e) =>
        e is SecretException or TemplateException or IOException or UnauthorizedAccessException or RunException
            ? e.Message
            : $"an unexpected failure ({e.GetType().Name})";

    private void Use(HashSet<TemplateDependency> asked)
    {
        used = asked;
        engine.Cache.Use(this, asked, work.Sandbox);
    }

    // Until it is worth another try.
    private Task RestAsync(long since, Task recovered, CancellationToken cancellation)
    {
        var pause = pauses.Next();
        var refused = engine.Token.Current;
        return Waiting.ForAnyAsync(
            [
                stop => Task.Delay(pause, engine.Time, stop),
                stop => engine.Cache.ChangedAsync(this, since, stop),
                stop => engine.Token.NextAsync(refused, stop),
                stop => recovered.WaitAsync(stop),
            ],
            cancellation);
    }

    // Waits until nothing has changed for the shorter time, or the longer one is over.
    private async Task GatherAsync(CancellationToken cancellation)
    {
        if (work.WaitMin <= TimeSpan.Zero)
            return;
        var longest = work.WaitMax > work.WaitMin ? work.WaitMax : work.WaitMin;
        var end = engine.Time.GetUtcNow() + longest;
        while (engine.Time.GetUtcNow() is var now && now < end)
        {
            var since = engine.Cache.Moment;
            var pause = end - now < work.WaitMin ? end - now : work.WaitMin;
            await Waiting.ForAnyAsync(
                [stop => Task.Delay(pause, engine.Time, stop), stop => engine.Cache.ChangedAsync(this, since, stop)], cancellation);
            if (engine.Time.GetUtcNow() >= now + pause)
                return;
        }
    }
}
