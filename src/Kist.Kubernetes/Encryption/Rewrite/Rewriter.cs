using System.Runtime.CompilerServices;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>
/// Has the API server store objects anew, under the key that it writes with now: reads each and sends it back as it came, byte for byte. The API
/// server writes only what is stale, and refuses when somebody else changed the object meanwhile; then it is read again. So nothing is lost, nothing
/// changes that anybody sees but the resource version, and to do it twice does no harm.
/// </summary>
public sealed class Rewriter
{
    private static readonly TimeSpan LongestConflictDelay = TimeSpan.FromMilliseconds(100);

    private readonly KubeClient client;
    private readonly RewriteOptions options;
    private readonly RewritePacer pacer;
    private readonly RewriteTally tally = new();

    /// <summary>For one run.</summary>
    public Rewriter(KubeClient client, RewriteOptions options)
    {
        this.client = client;
        this.options = options;
        pacer = new RewritePacer(options.PerSecond, options.Time);
    }

    /// <summary>Rewrites what a source names. An interruption ends it in order: the result says how far it came.</summary>
    /// <param name="source">What to rewrite.</param>
    /// <param name="progress">Hears of each object, from several threads; null for nobody.</param>
    /// <param name="cancellationToken">Interrupts it.</param>
    public async Task<RewriteResult> RunAsync(IRewriteSource source, Action<RewriteProgress>? progress, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken };
        try
        {
            await Parallel.ForEachAsync(TicketsAsync(source, cancellationToken), parallel, async (ticket, cancellation) =>
            {
                var (fate, message) = await RewriteAsync(ticket.Item, cancellation);
                var done = tally.Done(ticket, fate, message);
                progress?.Invoke(new RewriteProgress(done, source.Expected));
            });
            return tally.Result();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return tally.Result() with { IsInterrupted = true };
        }
        catch (KubeException e)
        {
            return tally.Result() with { Ended = RewriteFaults.Explain(e) };
        }
    }

    // Tickets are taken in the order of the objects, one at a time.
    private async IAsyncEnumerable<RewriteTally.Ticket> TicketsAsync(
        IRewriteSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in source.ReadAsync(tally.Fault, cancellationToken))
            yield return tally.Begin(item);
    }

    private async Task<(RewriteFate Fate, string? Message)> RewriteAsync(RewriteObject item, CancellationToken cancellationToken)
    {
        if (options.DryRun)
            return (RewriteFate.Current, null);
        await pacer.WaitAsync(cancellationToken);
        var attempt = 0;
        while (true)
        {
            attempt++;
            try
            {
                return (await UpdateAsync(item, cancellationToken), null);
            }
            catch (KubeException e) when (e.Error == KubeError.NotFound)
            {
                return (RewriteFate.Gone, null);
            }
            catch (KubeException e) when (e.Error == KubeError.Conflict && attempt < options.ConflictAttempts)
            {
                // The first time at once; whoever writes it again and again shall not be kept from it.
                var delay = TimeSpan.FromMilliseconds(10) * (attempt - 1);
                await Task.Delay(delay < LongestConflictDelay ? delay : LongestConflictDelay, options.Time, cancellationToken);
            }
            catch (KubeException e) when (!RewriteFaults.EndsAll(e))
            {
                return (RewriteFate.Failed, e.Message);
            }
        }
    }

    private async Task<RewriteFate> UpdateAsync(RewriteObject item, CancellationToken cancellationToken)
    {
        using var read = await client.GetAsync(item.Resource, item.Namespace, item.Name, cancellationToken);
        using var written = await client.UpdateAsync(item.Resource, item.Namespace, item.Name, read.Json, cancellationToken);
        return written.Metadata.ResourceVersion == read.Metadata.ResourceVersion ? RewriteFate.Current : RewriteFate.Rewritten;
    }
}
