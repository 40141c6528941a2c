using Kist.Client.Agent;
using Kist.Client.Run.Child;
using Kist.Client.Run.Watching;
using Kist.Client.Settings;

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
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>Runs it.</summary>
    /// <param name="takeSignals">Called before the child starts: from then on, signals are the run's.</param>
    /// <param name="cancellation">Gives up before the child is started.</param>
    /// <returns>How the child, or the last one of several, ended.</returns>
    /// <exception cref="RunException">Nothing was started.</exception>
    public async Task<ChildEnd> RunAsync(Action takeSignals, CancellationToken cancellation)
    {
        ProcessMemory.Protect();
        var path = CommandFinder.Find(plan.Command[0], plan.SearchPath);
        try
        {
            // Gone before leases are ended, which takes its time: signals would end this process then.
            using var material = new RunMaterial(plan, tell);
            using var environment = await material.PrepareAsync(cancellation);
            using var relay = new SignalRelay(killsOnAnySecond: plan.LikeSummon);
            takeSignals();
            var child = Start(path, material, environment, relay);
            environment.Dispose();
            var end = await FollowAsync(child, path, material, relay);
            SignalRelay.Outlast(end.Signal);
            return end;
        }
        finally
        {
            await EndLeasesAsync(leases.Held());
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
            var next = NextAsync(child, ended, path, material, relay, stop.Token);
            await Task.WhenAny(ended, next);
            // A child that has ended needs no more of what is under way for it, such as an answer of a server that hangs.
            if (ended.IsCompleted)
                await stop.CancelAsync();
            if (await next is not { } replacement)
                return await ended;
            child = replacement;
        }
    }

    // Null when the child is the last one. Whatever fails here, the child is followed to its end.
    private async Task<ChildProcess?> NextAsync(
        ChildProcess child, Task<ChildEnd> ended, string path, RunMaterial material, SignalRelay relay, CancellationToken cancellation)
    {
        try
        {
            return await RestartAsync(child, ended, path, material, relay, cancellation);
        }
        catch (Exception e) when (!ended.IsCompleted)
        {
            tell($"changes are looked for no more, since that failed: {Reason(e)}");
            return null;
        }
        catch (Exception e) when (e is not RunException)
        {
            return null;
        }
    }

    private async Task<ChildProcess?> RestartAsync(
        ChildProcess child, Task<ChildEnd> ended, string path, RunMaterial material, SignalRelay relay, CancellationToken cancellation)
    {
        while (true)
        {
            var change = await ChangeAsync(cancellation);
            var old = leases.Held();
            if (await TryPrepareAsync(material, change, cancellation) is not { } environment)
                continue;
            using (environment)
            {
                if (plan.Watch is { Restarts: true })
                    return await ReplaceAsync(child, ended, relay, () => Start(path, material, environment, relay), old);
            }
            child.Signal(plan.Watch!.Signal);
        }
    }

    private async Task<ChildProcess?> ReplaceAsync(
        ChildProcess child, Task<ChildEnd> ended, SignalRelay relay, Func<ChildProcess> start, IReadOnlyList<string> oldLeases)
    {
        relay.Replace();
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
        await EndLeasesAsync(oldLeases);
        return next;
    }

    private async Task<ChildEnvironment?> TryPrepareAsync(RunMaterial material, Change change, CancellationToken cancellation)
    {
        var (read, held) = (versions.All, leases.Held());
        try
        {
            var environment = await material.PrepareAsync(cancellation);
            tell($"{change.What} changed: {(plan.Watch!.Restarts ? "starting the program anew" : $"sending SIG{SignalNames.NameOf(plan.Watch.Signal)}")}");
            return environment;
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            tell($"{change.What} changed, but the program keeps what it has: {Reason(e)}");
            versions.Restore(read);
            if (change.Lease is { } lease)
                leases.TellAgain(lease);
            await EndLeasesAsync([.. leases.Held().Except(held, StringComparer.Ordinal)]);
            return null;
        }
    }

    // Ends with what changed; never, when nobody is to be told of changes.
    private async Task<Change> ChangeAsync(CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var leaseEnds = PersistAsync(LeaseEndsAsync, "keeping leases", either.Token);
        var told = plan.Watch is null || watch is null
            ? leaseEnds
            : PersistAsync(async stop => new Change(await watch.WaitAsync(versions.All, stop), null), "looking for changes", either.Token);
        await Task.WhenAny(leaseEnds, told);
        await either.CancelAsync();
        await Task.WhenAll((Task)leaseEnds, told).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // A lease's end is told once. All is read anew for it, which covers what else has changed.
        return await (leaseEnds.IsCompletedSuccessfully ? leaseEnds : told);
    }

    private async Task<Change> LeaseEndsAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var lease = await leases.KeepAsync(cancellation);
            if (plan.Watch is not null)
                return new Change("a lease that cannot be renewed", lease);
            tell("a lease ends soon and cannot be renewed: what the program got with it will stop working "
                + "(-watch=restart starts the program anew in time)");
        }
    }

    // What nobody foresaw, such as an answer of another shape, is no reason to leave the child alone: it is told once and tried again.
    private async Task<Change> PersistAsync(Func<CancellationToken, Task<Change>> attempt, string what, CancellationToken cancellation)
    {
        var pauses = new BackOff(FirstPause, LongestPause);
        var isTold = false;
        while (true)
        {
            try
            {
                return await attempt(cancellation);
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                if (!isTold)
                    tell($"{what} failed and is tried again from time to time: {Reason(e)}");
                isTold = true;
            }
            await Task.Delay(pauses.Next(), cancellation);
        }
    }

    // The words of others may hold what they stumbled over.
    private static string Reason(Exception e) => e is RunException or SettingException or ConnectionException or ApiException ? e.Message : e.GetType().Name;

    private async Task EndLeasesAsync(IReadOnlyList<string> held)
    {
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

    private sealed record Change(string What, string? Lease);
}
