using Kist.Client.Run.Child;
using Kist.Client.Run.Watching;

namespace Kist.Client.Run;

/// <summary>Runs a program with secrets: fetches them, starts it, passes signals on, reacts to changes, and cleans up behind it.</summary>
/// <param name="plan">What to do.</param>
/// <param name="leases">The leases that came with the secrets.</param>
/// <param name="versions">What was read.</param>
/// <param name="watch">Tells of changes; null to look for none.</param>
/// <param name="tell">Says something to the user. Never a value.</param>
public sealed class SecretRun(RunPlan plan, LeaseKeeper leases, ReadVersions versions, IChangeWatch? watch, Action<string> tell)
{
    private const int Terminate = 15;
    private const int Kill = 9;
    private static readonly TimeSpan PatienceAtRestart = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PatienceAtEnd = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    /// <param name="takeSignals">Called before the child starts: from then on, signals are the run's.</param>
    /// <param name="cancellation">Gives up before the child is started.</param>
    /// <returns>How the child, or the last one of several, ended.</returns>
    /// <exception cref="RunException">Nothing was started.</exception>
    public async Task<ChildEnd> RunAsync(Action takeSignals, CancellationToken cancellation)
    {
        ProcessMemory.Protect();
        var path = CommandFinder.Find(plan.Command[0], plan.SearchPath);
        using var material = new RunMaterial(plan);
        try
        {
            using var environment = await material.PrepareAsync(cancellation);
            using var relay = new SignalRelay(killsOnAnySecond: plan.LikeSummon);
            takeSignals();
            var child = Start(path, material, environment, relay);
            environment.Dispose();
            return await FollowAsync(child, path, material, relay);
        }
        finally
        {
            await EndLeasesAsync();
        }
    }

    private static ChildProcess Start(string path, RunMaterial material, ChildEnvironment environment, SignalRelay relay)
    {
        var child = ChildProcess.Start(path, material.Command(), environment);
        relay.Attach(child);
        return child;
    }

    private async Task<ChildEnd> FollowAsync(ChildProcess child, string path, RunMaterial material, SignalRelay relay)
    {
        while (true)
        {
            using var stop = new CancellationTokenSource();
            var ended = child.EndAsync(SignalRelay.Follow);
            var changed = ChangeAsync(stop.Token);
            await Task.WhenAny(ended, changed);
            var next = ended.IsCompleted ? null : await RestartAsync(child, ended, path, material, relay, await changed);
            await stop.CancelAsync();
            if (next is null)
                return await ended;
            child = next;
        }
    }

    // Null when the child has ended by itself.
    private async Task<ChildProcess?> RestartAsync(
        ChildProcess child, Task<ChildEnd> ended, string path, RunMaterial material, SignalRelay relay, string cause)
    {
        while (!ended.IsCompleted)
        {
            var old = leases.Held();
            if (await TryPrepareAsync(material, cause) is { } environment)
            {
                using (environment)
                {
                    if (plan.Watch is { Restarts: true })
                        return await ReplaceAsync(child, ended, relay, () => Start(path, material, environment, relay), old);
                }
                child.Signal(plan.Watch!.Signal);
            }
            using var stop = new CancellationTokenSource();
            var changed = ChangeAsync(stop.Token);
            await Task.WhenAny(ended, changed);
            cause = ended.IsCompleted ? cause : await changed;
            await stop.CancelAsync();
        }
        return null;
    }

    private async Task<ChildProcess?> ReplaceAsync(
        ChildProcess child, Task<ChildEnd> ended, SignalRelay relay, Func<ChildProcess> start, IReadOnlyList<string> oldLeases)
    {
        if (relay.IsEnding || ended.IsCompleted)
            return null;
        child.Signal(Terminate);
        if (await Task.WhenAny(ended, Task.Delay(PatienceAtRestart)) != ended)
            child.Signal(Kill);
        await ended;
        relay.Detach();
        if (relay.IsEnding)
            return null;
        var next = start();
        await leases.RevokeAsync(oldLeases, CancellationToken.None);
        return next;
    }

    private async Task<ChildEnvironment?> TryPrepareAsync(RunMaterial material, string cause)
    {
        var (read, held) = (versions.All, leases.Held());
        try
        {
            var environment = await material.PrepareAsync(CancellationToken.None);
            tell($"{cause} changed: {(plan.Watch!.Restarts ? "starting the program anew" : $"sending SIG{SignalNames.NameOf(plan.Watch.Signal)}")}");
            return environment;
        }
        catch (RunException e)
        {
            tell($"{cause} changed, but the program keeps what it has: {e.Message}");
            versions.Restore(read);
            await leases.RevokeAsync([.. leases.Held().Except(held, StringComparer.Ordinal)], CancellationToken.None);
            return null;
        }
    }

    // Ends with what changed; never, when nobody is to be told of changes.
    private async Task<string> ChangeAsync(CancellationToken cancellation)
    {
        var leaseEnds = LeaseEndsAsync(cancellation);
        if (plan.Watch is null || watch is null)
            return await leaseEnds;
        return await await Task.WhenAny(watch.WaitAsync(versions.All, cancellation), leaseEnds);
    }

    private async Task<string> LeaseEndsAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await leases.KeepAsync(cancellation);
            if (plan.Watch is not null)
                return "a lease that cannot be renewed";
            tell("a lease ends soon and cannot be renewed: what the program got with it will stop working "
                + "(-watch=restart starts the program anew in time)");
        }
    }

    private async Task EndLeasesAsync()
    {
        var held = leases.Held();
        if (held.Count == 0)
            return;
        using var timer = new CancellationTokenSource(PatienceAtEnd);
        try
        {
            if (await leases.RevokeAsync(held, timer.Token) is > 0 and var left)
                tell($"{left} of {held.Count} leases could not be ended; they end by themselves");
        }
        catch (OperationCanceledException)
        {
            tell($"the server did not end {held.Count} leases in time; they end by themselves");
        }
    }
}
