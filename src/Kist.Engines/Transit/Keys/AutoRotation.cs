using System.Runtime.CompilerServices;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

/// <summary>Rotates keys whose latest version has reached the age that their settings name. The work is what is due, not what exists.</summary>
internal sealed class AutoRotation(TimeProvider clock)
{
    private const int Page = 100;
    private const int MostDays = 36_500;

    /// <summary>What is wrong with a period; null for nothing.</summary>
    public static Failure? Check(TimeSpan period)
    {
        if (period != TimeSpan.Zero && period < TimeSpan.FromHours(1))
            return Failure.Invalid("transit.invalid_period", "auto rotate period must be 0 to disable or at least an hour");
        return period > TimeSpan.FromDays(MostDays)
            ? Failure.Invalid("transit.invalid_period", $"auto rotate period must be at most {MostDays} days")
            : null;
    }

    /// <summary>
    /// Rotates what is due at a mount. What somebody else changes meanwhile is looked at the next time. A key that cannot be rotated, perhaps for ever, does
    /// not keep the others from it: that it failed is told at the end.
    /// </summary>
    /// <exception cref="AggregateException">Some keys could not be rotated.</exception>
    public async ValueTask RotateDueAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var broken = new List<Exception>();
        await foreach (var (path, name) in DueAsync(storage, now, cancellationToken))
        {
            try
            {
                await RotateAsync(storage, name, path, now, fence, cancellationToken);
            }
            catch (Exception e) when (e is InvalidDataException or BarrierIntegrityException)
            {
                broken.Add(new InvalidDataException($"the transit key {name} cannot be rotated: {e.Message}", e));
            }
        }
        if (broken.Count > 0)
            throw new AggregateException(broken);
    }

    private static async IAsyncEnumerable<(string Path, string Name)> DueAsync(
        StorageView storage, DateTimeOffset now, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = "";
        while (true)
        {
            var page = await storage.Folder(TransitStore.Due).ScanAsync(after, Page, cancellationToken);
            foreach (var path in page)
            {
                var (due, name) = TransitStore.ParseDuePath(path);
                if (due > now)
                    yield break;
                yield return (path, name);
            }
            if (page.Count < Page)
                yield break;
            after = page[^1];
        }
    }

    private static async ValueTask RotateAsync(
        StorageView storage, string name, string path, DateTimeOffset now, Precondition fence, CancellationToken cancellationToken)
    {
        var stored = await TransitStore.ReadKeyAsync(storage, name, cancellationToken);
        // What is remembered of the key may be older than the list: then the next call sees it.
        if (stored is not { } key || key.Record.Due is not { } due || TransitStore.DuePath(due, name) != path)
            return;
        using var fresh = new NewVersion(KeyType.OfStored(key.Record.Type), now);
        _ = await RotateKey.Propose(storage, name, key, fresh).Require(fence).CommitAsync(cancellationToken);
    }
}
