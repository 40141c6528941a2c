using System.Collections.Concurrent;
using Kist.Core.Barrier;
using Kist.Engines.Kv.V1;
using Kist.Engines.Kv.V2;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv;

/// <summary>
/// Turns version 1 into version 2: each secret becomes the first version of itself, in one transaction that also deletes it where version 1 kept it.
/// A crash leaves some secrets converted and the others not. Of several nodes that convert a secret, the first does.
/// </summary>
internal sealed class Versioning(TimeProvider clock)
{
    private const int PageSecrets = 1_000;

    // So that the store's commits, which wait for the disk, take many at once.
    private const int AtOnce = 8;

    /// <summary>Converts what is left. No request reaches the mount meanwhile.</summary>
    /// <returns>The secrets that are damaged and stay where version 1 kept them.</returns>
    public async Task<IReadOnlyList<string>> ConvertAsync(StorageView storage, CancellationToken cancellationToken)
    {
        var damaged = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        // Each round begins anew: what a lost race or an unconfirmed commit has left is converted by the next.
        bool found;
        do
            found = await ConvertAllAsync(storage, damaged, cancellationToken);
        while (found);
        return [.. damaged.OrderBy(secret => secret.Key, StringComparer.Ordinal).Select(secret => $"secret \"{secret.Key}\": {secret.Value}")];
    }

    // False when nothing was left but what is damaged.
    private async Task<bool> ConvertAllAsync(StorageView storage, ConcurrentDictionary<string, string> damaged, CancellationToken cancellationToken)
    {
        var secrets = storage.Folder(SecretEndpoints.Folder);
        var several = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        var found = false;
        var after = "";
        while (await secrets.ScanAsync(after, PageSecrets, cancellationToken) is { Count: > 0 } paths)
        {
            await Parallel.ForEachAsync(paths.Where(path => !damaged.ContainsKey(path)), several, async (path, ct) =>
            {
                Volatile.Write(ref found, true);
                // Without its settings no secret can be converted, and none of them is to blame. The first that is converted writes them.
                var config = await SecretStore.ReadConfigAsync(storage, ct);
                try
                {
                    await ConvertAsync(storage, config, path, ct);
                }
                catch (Exception e) when (e is BarrierIntegrityException or InvalidDataException)
                {
                    damaged[path] = e.Message;
                }
            });
            after = paths[^1];
        }
        return found;
    }

    private async Task ConvertAsync(StorageView storage, StoredRecord<ConfigRecord> config, string path, CancellationToken cancellationToken)
    {
        var old = SecretEndpoints.Folder + path;
        if (await storage.ReadAsync(old, cancellationToken) is not { } stored)
            return;
        // Absent but where a mount had both versions before changing them converted anything: then the secret comes after the versions that are
        // there.
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        var secret = StoredSecret.Parse(stored.Value);
        var (change, _) = NewVersion.Add(storage, path, config, head, secret.Data, clock.GetUtcNow());
        await change.Require(storage, old, stored.Revision).Delete(storage, old).CommitAsync(cancellationToken);
    }
}
