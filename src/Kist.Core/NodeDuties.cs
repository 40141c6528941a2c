using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Storage;
using Kist.Core.Watching;

namespace Kist.Core;

/// <summary>
/// What a node does behind its requests. Every node follows the store; the elected leader alone expires tokens, tends mounts and tidies, with its fence
/// on every commit. A duty that fails is tried again; the same failure is reported once a minute.
/// </summary>
internal sealed class NodeDuties(Node node, CachedStore cache) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenReports = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan BetweenLeasePasses = TimeSpan.FromMilliseconds(50);

    // Somebody waits for a sweep.
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMilliseconds(200);

    // What is due at mounts is not due to the second.
    private static readonly TimeSpan TendEvery = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];

    public void Start()
    {
        Run("follow the keyring and seal mark", node.Barrier.WatchAsync);
        Run("follow changes for watchers", new ChangeFollower(node, cache, node.Changes).FollowAsync);
        Run("lead", LeadAsync);
        Run("finish unmounts and conversions", FinishMountsAsync);
        Run("tend mounts", TendMountsAsync);
        Run("revoke leases", RevokeLeasesAsync);
        Run("revoke leases by prefix", SweepLeasesAsync);
    }

    /// <summary>Unseals with the seal's key now or, when the store does not answer or is not initialised yet, in the background as soon as that is over.</summary>
    public async Task AutoUnsealAsync(CancellationToken cancellationToken)
    {
        var report = new FailureReport(node, "unseal");
        try
        {
            if (await TryAutoUnsealAsync(cancellationToken))
                return;
        }
        catch (Exception e) when (e is StoreUnavailableException or BarrierIntegrityException)
        {
            // The server stays up, sealed, and says why.
            report.Tell(e);
        }
        Run(report, UnsealOnceAsync, once: true);
    }

    public async ValueTask DisposeAsync()
    {
        if (stop.IsCancellationRequested)
            return;
        await stop.CancelAsync();
        await Task.WhenAll(running);
        stop.Dispose();
    }

    private async Task UnsealOnceAsync(CancellationToken cancellationToken)
    {
        while (!await TryAutoUnsealAsync(cancellationToken))
            await Task.Delay(Pause, node.Time, cancellationToken);
    }

    /// <summary>False while there is nothing to unseal yet. A node that was unsealed and then sealed by command stays sealed.</summary>
    private async Task<bool> TryAutoUnsealAsync(CancellationToken cancellationToken)
    {
        var outcome = await node.Seals.AutoUnsealAsync(cancellationToken);
        if (outcome.Failure is { } failure)
        {
            if (failure.Kind != FailureKind.NotInitialized)
                node.Options.Observer.Problem($"cannot unseal: {failure.Message}");
            return failure.Kind != FailureKind.NotInitialized;
        }
        if (!node.Barrier.IsSealed)
            await node.BeginServingAsync(cancellationToken);
        return true;
    }

    private void Run(string duty, Func<CancellationToken, Task> work) => Run(new FailureReport(node, duty), work, once: false);

    private void Run(FailureReport report, Func<CancellationToken, Task> work, bool once) => running.Add(Task.Run(async () =>
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await work(stop.Token);
                if (once)
                    return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (BarrierSealedException)
            {
                // The duty waits for the next unseal.
            }
            catch (Exception e)
            {
                report.Tell(e);
            }
            await Task.Delay(Pause, node.Time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }, CancellationToken.None));

    private async Task LeadAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        await using var leadership = await cache.CampaignAsync("duties", cancellationToken);
        node.Options.Observer.StateChanged("leading: this node expires tokens and tidies up");
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leadership.Lost);
        var (revocations, expiry, rotation) = (new FailureReport(node, "revoke tokens"), new FailureReport(node, "expire tokens"), new FailureReport(node, "rotate"));
        while (!lost.IsCancellationRequested && node.IsServing)
        {
            await ApartAsync(revocations, () => node.Tokens.ResumeRevocationsAsync(leadership.Fence, lost.Token));
            await ApartAsync(expiry, () => node.Tokens.ExpireDueAsync(leadership.Fence, lost.Token));
            await ApartAsync(rotation, () => node.Barrier.RotateIfDueAsync(lost.Token));
            await Task.Delay(Pause, node.Time, lost.Token);
        }
    }

    // A duty that fails, perhaps for ever, does not keep the others from being done.
    private static async Task ApartAsync(FailureReport report, Func<Task> duty)
    {
        try
        {
            await duty();
        }
        catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException))
        {
            report.Tell(e);
        }
    }

    // Led apart from the other duties: converting a large mount takes longer than a token may outlive its time. Its steps need no fence, they are
    // safe on any number of nodes; a leader only saves the others the work.
    private async Task FinishMountsAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        await using var leadership = await cache.CampaignAsync("mounts", cancellationToken);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leadership.Lost);
        var reports = new Dictionary<string, FailureReport>(StringComparer.Ordinal);
        while (!lost.IsCancellationRequested && node.IsServing)
        {
            var finishing = new List<Task>();
            foreach (var mount in await node.Mounts.UnfinishedAsync(lost.Token))
            {
                var duty = $"{(mount.State == MountState.Upgrading ? "convert" : "unmount")} {mount.Path}";
                if (!reports.TryGetValue(duty, out var report))
                    reports.Add(duty, report = new FailureReport(node, duty));
                finishing.Add(FinishAsync(mount, report, lost.Token));
            }
            await Task.WhenAll(finishing);
            await Task.Delay(Pause, node.Time, lost.Token);
        }
    }

    // One that fails does not keep the others waiting.
    private async Task FinishAsync(Mount mount, FailureReport report, CancellationToken cancellationToken)
    {
        try
        {
            var finished = await node.Mounts.FinishAsync(mount, cancellationToken);
            if (!finished.Succeeded)
                report.Tell(finished.Failure);
        }
        catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException))
        {
            report.Tell(e);
        }
    }

    // Led apart too: ten thousand keys that are due at once must keep no token alive.
    private async Task TendMountsAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        await using var leadership = await cache.CampaignAsync("tending", cancellationToken);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leadership.Lost);
        long? tended = null;
        while (!lost.IsCancellationRequested && node.IsServing)
        {
            if (tended is not { } last || node.Time.GetElapsedTime(last) >= TendEvery)
            {
                tended = node.Time.GetTimestamp();
                foreach (var mount in (await node.Mounts.CurrentAsync(lost.Token)).All)
                    await TendAsync(mount, leadership.Fence, lost.Token);
            }
            await Task.Delay(Pause, node.Time, lost.Token);
        }
    }

    // Led apart as well: a database that answers slowly must keep nothing else waiting. To end a secret twice does no harm, so there is no fence.
    private async Task RevokeLeasesAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        await using var leadership = await cache.CampaignAsync("leases", cancellationToken);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leadership.Lost);
        try
        {
            while (!lost.IsCancellationRequested && node.IsServing)
            {
                var isBusy = await node.Leases.Reaper.PassAsync(lost.Token);
                await Task.Delay(isBusy ? BetweenLeasePasses : Pause, node.Time, lost.Token);
            }
        }
        finally
        {
            await lost.CancelAsync();
            await node.Leases.Reaper.EndAsync();
        }
    }

    private async Task SweepLeasesAsync(CancellationToken cancellationToken)
    {
        if (!node.IsServing)
            return;
        await using var leadership = await cache.CampaignAsync("lease-sweeps", cancellationToken);
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, leadership.Lost);
        try
        {
            while (!lost.IsCancellationRequested && node.IsServing)
            {
                await node.Leases.Sweeps.RunAsync(lost.Token);
                await Task.Delay(BetweenSweeps, node.Time, lost.Token);
            }
        }
        finally
        {
            await lost.CancelAsync();
            await node.Leases.Sweeps.EndAsync();
        }
    }

    // What one mount lacks must not keep the others waiting.
    private async Task TendAsync(Mount mount, Precondition fence, CancellationToken cancellationToken)
    {
        if (mount.State != MountState.Ready)
            return;
        try
        {
            await mount.Type.TendAsync(node.Barrier.ForMount(mount), fence, cancellationToken);
        }
        catch (MountChangedException)
        {
            // It was unmounted or is being converted: nothing is due there any more, or later.
        }
        catch (Exception e) when (e is not (OperationCanceledException or BarrierSealedException))
        {
            node.Options.Observer.DutyFailed($"tend {mount.Path}", e);
        }
    }

    /// <summary>Tells the operator what fails, and not at each attempt.</summary>
    private sealed class FailureReport(Node node, string duty)
    {
        private string told = "";
        private long toldAt;

        public void Tell(Exception failure)
        {
            if (IsNews(failure.Message))
                node.Options.Observer.DutyFailed(duty, failure);
        }

        public void Tell(Failure failure)
        {
            if (IsNews(failure.Message))
                node.Options.Observer.Problem($"{duty}: {failure.Message}");
        }

        private bool IsNews(string message)
        {
            if (message == told && node.Time.GetElapsedTime(toldAt) < BetweenReports)
                return false;
            (told, toldAt) = (message, node.Time.GetTimestamp());
            return true;
        }
    }
}
