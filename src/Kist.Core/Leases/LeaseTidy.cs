namespace Kist.Core.Leases;

/// <summary>
/// Looks through all leases for entries that lead nowhere and mends them. Every change of a lease moves its indexes in the same commit, so this finds nothing
/// unless a store was damaged or restored by hand.
/// </summary>
internal sealed class LeaseTidy(LeaseRecords records, Tokens.TokenStore tokens, TimeProvider time)
{
    private const int PageSize = 200;

    private int running;

    /// <summary>Runs once over everything; one run at a time a node.</summary>
    /// <returns>True when it ran, and how many entries it mended.</returns>
    public async Task<(bool Ran, int Mended)> RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref running, 1) == 1)
            return (false, 0);
        try
        {
            var mended = await EachAsync(records.Ids, MendAsync, cancellationToken);
            mended += await EachAsync(records.Due, (key, ct) => DropDueAsync(key, ct), cancellationToken);
            mended += await EachAsync(records.Tokens, (path, ct) => DropAsync(records.Tokens, path, ct), cancellationToken);
            mended += await EachAsync(records.Mounts, (path, ct) => DropAsync(records.Mounts, path, ct), cancellationToken);
            mended += await EachAsync(records.Irrevocable, DropIrrevocableAsync, cancellationToken);
            return (true, mended);
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }

    private static async Task<int> EachAsync(
        Barrier.StorageView view, Func<string, CancellationToken, ValueTask<bool>> mend, CancellationToken cancellationToken)
    {
        var (mended, after) = (0, "");
        while (await view.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var path in page)
                mended += await mend(path, cancellationToken) ? 1 : 0;
            after = page[^1];
        }
        return mended;
    }

    // A lease without its place in time would never end; one whose token is gone ends now.
    private async ValueTask<bool> MendAsync(string id, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(id, cancellationToken) is not { } lease)
            return false;
        var change = records.Begin();
        var hash = lease.Entry.TokenHash;
        if (hash.Length > 0 && !await tokens.ExistsAsync(records.Namespace, hash, cancellationToken))
        {
            records.End(change, lease with { Entry = lease.Entry with { TokenHash = "" } }, time.GetUtcNow());
            change.Delete(records.OfToken(hash), id);
            return (await change.CommitAsync(cancellationToken)).Succeeded;
        }
        var index = lease.Entry.Irrevocable ? records.Irrevocable : records.Due;
        var place = lease.Entry.Irrevocable ? id : LeaseDue.Of(id, lease.Entry).Key;
        List<(Barrier.StorageView Index, string Place)> places = [(index, place), (records.OfMount(lease.Entry.Mount), id)];
        if (hash.Length > 0)
            places.Add((records.OfToken(hash), id));
        var isWhole = true;
        foreach (var (view, path) in places)
            isWhole &= await view.ReadAsync(path, cancellationToken) is not null;
        if (isWhole)
            return false;
        change.Require(records.Ids, id, lease.Revision);
        foreach (var (view, path) in places)
            change.Put(view, path, Array.Empty<byte>());
        return (await change.CommitAsync(cancellationToken)).Succeeded;
    }

    private async ValueTask<bool> DropIrrevocableAsync(string id, CancellationToken cancellationToken)
    {
        var lease = await records.ReadAsync(id, cancellationToken);
        if (lease is { Entry.Irrevocable: true })
            return false;
        return (await records.Begin().Require(records.Ids, id, lease?.Revision ?? 0).Delete(records.Irrevocable, id).CommitAsync(cancellationToken)).Succeeded;
    }

    private async ValueTask<bool> DropDueAsync(string key, CancellationToken cancellationToken)
    {
        var id = LeaseDue.Parse(key).LeaseId;
        var lease = await records.ReadAsync(id, cancellationToken);
        if (lease is { Entry.Irrevocable: false } stands && LeaseDue.Of(id, stands.Entry).Key == key)
            return false;
        return (await records.Begin().Require(records.Ids, id, lease?.Revision ?? 0).Delete(records.Due, key).CommitAsync(cancellationToken)).Succeeded;
    }

    // An index by token or mount: what follows the first slash is the lease.
    private async ValueTask<bool> DropAsync(Barrier.StorageView index, string path, CancellationToken cancellationToken)
    {
        var id = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (await records.ReadAsync(id, cancellationToken) is not null)
            return false;
        return (await records.Begin().Require(records.Ids, id, 0).Delete(index, path).CommitAsync(cancellationToken)).Succeeded;
    }
}
