using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core;

/// <summary>
/// What a node does behind its requests. Every node follows the store; the elected leader alone expires tokens and tidies, with its fence on every commit.
/// A duty that fails is reported and tried again.
/// </summary>
internal sealed class NodeDuties(Node node, CachedStore cache) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];

    public void Start()
    {
        Run("follow the keyring and seal mark", node.Barrier.WatchAsync);
        Run("lead", LeadAsync);
    }

    /// <summary>Unseals with the seal's key now, and as long as that fails for want of the store, in the background.</summary>
    public async Task AutoUnsealAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TryAutoUnsealAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            node.Options.Observer.DutyFailed("unseal", e);
            Run("unseal", TryAutoUnsealAsync, once: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running);
        stop.Dispose();
    }

    private async Task TryAutoUnsealAsync(CancellationToken cancellationToken)
    {
        var unsealed = await node.Seals.AutoUnsealAsync(cancellationToken);
        if (unsealed.Succeeded)
            await node.BeginServingAsync(cancellationToken);
        else if (unsealed.Failure.Kind != FailureKind.NotInitialized)
            node.Options.Observer.Problem($"cannot unseal: {unsealed.Failure.Message}");
    }

    private void Run(string duty, Func<CancellationToken, Task> work, bool once = false) => running.Add(Task.Run(async () =>
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
                node.Options.Observer.DutyFailed(duty, e);
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
        await node.Mounts.ResumeRemovalsAsync(lost.Token);
        while (!lost.IsCancellationRequested && node.IsServing)
        {
            await node.Tokens.ResumeRevocationsAsync(leadership.Fence, lost.Token);
            await node.Tokens.ExpireDueAsync(leadership.Fence, lost.Token);
            await node.Barrier.RotateIfDueAsync(lost.Token);
            await Task.Delay(Pause, node.Time, lost.Token);
        }
    }
}
