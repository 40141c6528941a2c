using System.Text;
using Kist.Core;
using Kist.Core.Leases;
using Kist.Core.Namespaces;
using Kist.Core.Seals;
using Kist.Crypto;
using Kist.Harness;
using Kist.Storage.Sqlite;

namespace Kist.Bench;

/// <summary>Writes leases into the store of a server that is stopped: copies of one that the server has issued, with names of their own.</summary>
internal sealed class LeaseSeed : IAsyncDisposable
{
    // Four entries each.
    private const int LeasesPerCommit = 24;
    private const int Writers = 16;

    private readonly SqliteStore store;
    private readonly SecretBytes key;
    private readonly Node node;
    private readonly LeaseRecords records;

    private LeaseSeed(SqliteStore store, SecretBytes key, Node node)
    {
        (this.store, this.key, this.node) = (store, key, node);
        records = new LeaseRecords(node.Barrier, NamespaceId.Root);
    }

    public static async Task<LeaseSeed> OpenAsync(KistServer server)
    {
        var sealKey = new SecretBytes(Convert.FromHexString((await File.ReadAllTextAsync(server.SealKeyFile)).Trim()));
        var opened = SqliteStore.Open(server.Database);
        var unsealed = new Node(opened, [], new StaticSeal(new StaticSealKey(KistServer.SealKeyId, sealKey)), new NodeOptions(), TimeProvider.System);
        await unsealed.StartAsync(CancellationToken.None);
        return unsealed.IsServing ? new LeaseSeed(opened, sealKey, unsealed) : throw new InvalidOperationException("the store could not be unsealed");
    }

    /// <summary>Writes copies of a lease.</summary>
    /// <param name="leaseId">The lease that the server has issued.</param>
    /// <param name="user">The name in its data which each copy has another of.</param>
    /// <param name="path">What the ids begin with.</param>
    /// <param name="count">How many.</param>
    /// <param name="due">When each of them ends.</param>
    public async Task WriteAsync(string leaseId, string user, string path, int count, Func<int, DateTimeOffset> due)
    {
        var model = (await records.ReadAsync(leaseId, CancellationToken.None) ?? throw new InvalidOperationException($"no lease {leaseId}")).Entry;
        var data = Encoding.UTF8.GetString(model.Data.Span);
        if (!data.Contains(user, StringComparison.Ordinal))
            throw new InvalidOperationException("the lease's data does not name its user");
        var commits = Enumerable.Range(0, (count + LeasesPerCommit - 1) / LeasesPerCommit);
        await Parallel.ForEachAsync(commits, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (commit, ct) =>
        {
            var change = records.Begin();
            for (var i = commit * LeasesPerCommit; i < Math.Min(count, (commit + 1) * LeasesPerCommit); i++)
            {
                var name = $"{user[..Math.Min(user.Length, 40)]}-{i}";
                records.Add(change, LeaseRecords.NewId(path), model with
                {
                    Data = Encoding.UTF8.GetBytes(data.Replace(user, name, StringComparison.Ordinal)),
                    ExpiresAt = due(i),
                    DueAt = due(i),
                });
            }
            if (!(await change.CommitAsync(ct)).Succeeded)
                throw new InvalidOperationException("a commit of leases failed");
        });
    }

    public async ValueTask DisposeAsync()
    {
        await node.DisposeAsync();
        await store.DisposeAsync();
        key.Dispose();
    }
}
