using System.Collections.Concurrent;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Engines.Kv.V2.Rotation.Stored;

namespace Kist.Engines.Kv.V2.Rotation;

/// <summary>Does what is due at a mount, several secrets at once, since most of the time passes in waiting for targets.</summary>
internal sealed class DueRotations(Rotator rotator, TimeProvider clock)
{
    private const int Page = 200;
    private const int AtOnce = 8;

    /// <summary>Goes once through what is due now. How each ended is noted at its rule; one that cannot be read is told at the end.</summary>
    /// <exception cref="AggregateException">Some rules or secrets are damaged.</exception>
    public async ValueTask RotateAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var broken = new ConcurrentQueue<Exception>();
        var several = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        var after = "";
        while (true)
        {
            var page = await storage.Folder(RotationStore.Due).ScanAsync(after, Page, cancellationToken);
            var due = page.Select(RotationStore.ParseDuePath).TakeWhile(entry => entry.Due <= now).ToList();
            await Parallel.ForEachAsync(due, several, async (entry, ct) =>
            {
                try
                {
                    _ = await rotator.TendAsync(storage, entry.Path, fence, ct);
                }
                catch (Exception e) when (e is InvalidDataException or BarrierIntegrityException)
                {
                    broken.Enqueue(new InvalidDataException($"the secret {entry.Path} cannot be rotated: {e.Message}", e));
                }
            });
            if (page.Count < Page || due.Count < page.Count)
                break;
            after = page[^1];
        }
        if (!broken.IsEmpty)
            throw new AggregateException(broken);
    }
}
