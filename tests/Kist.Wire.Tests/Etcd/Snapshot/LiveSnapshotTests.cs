using System.Globalization;
using System.Security.Cryptography;
using Kist.Harness;
using Kist.Wire.Etcd;
using Kist.Wire.Etcd.Snapshot;

namespace Kist.Wire.Tests.Etcd.Snapshot;

/// <summary>Snapshots of a real etcd against what it answers itself.</summary>
public sealed class LiveSnapshotTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("kist-snapshot-").FullName;

    [FactNeedingEtcd]
    public async Task Snapshots_of_kist_and_etcdctl_hold_what_etcd_answers()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        await FillAsync(client);
        var live = await client.RangeAsync(new EtcdRange(EtcdKeys.All), CancellationToken.None);

        var ours = await SaveAsync(client);
        var theirs = Path.Combine(home, "theirs.db");
        await server.ControlAsync("snapshot", "save", theirs);
        // As a backup tool of files would take it, of a member that is down.
        await server.Process.StopAsync();

        Assert.All([ours, theirs, server.Database], path => IsEqual(live, path));
        Assert.Equal(await StatusAsync(theirs), await StatusAsync(ours));
    }

    [FactNeedingEtcd]
    public async Task What_was_overwritten_is_in_the_history_until_compaction_and_in_free_pages_after_it()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        var secret = Text.Bytes("plaintext-of-long-ago");
        await client.PutAsync(new EtcdPut(Text.Bytes("/registry/secrets/ns/a"), secret), CancellationToken.None);
        var now = await client.PutAsync(new EtcdPut(Text.Bytes("/registry/secrets/ns/a"), Text.Bytes("encrypted")), CancellationToken.None);

        using (var before = Open(await SaveAsync(client)))
        {
            Assert.Equal(2, before.History(Text.Bytes("/registry/"), CancellationToken.None).Count());
            Assert.NotEmpty(before.Find([secret], CancellationToken.None));
        }
        await client.CompactAsync(now.Revision, physical: true, CancellationToken.None);
        using var after = Open(await SaveAsync(client));
        var left = Assert.Single(after.History(Text.Bytes("/registry/"), CancellationToken.None));
        Assert.Equal("encrypted", Text.Of(left.Entry.Value));
        Assert.All(
            after.Find([secret], CancellationToken.None), m => Assert.False(m.Offset >= left.Offset && m.Offset < left.Offset + left.Length));
    }

    [FactNeedingEtcd]
    public async Task Snapshot_of_an_etcd_without_keys_is_empty()
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions());
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        using var snapshot = Open(await SaveAsync(client));
        Assert.Equal(0, snapshot.Index(""u8, CancellationToken.None).Count);
        await client.PutAsync(new EtcdPut(Text.Bytes("only"), Text.Bytes("one")), CancellationToken.None);
        // So small that the bucket lies within its parent.
        using var second = Open(await SaveAsync(client));
        Assert.Equal("one", Text.Of(second.Index(""u8, CancellationToken.None).Find(Text.Bytes("only"))!.Value));
    }

    public void Dispose() => Directory.Delete(home, recursive: true);

    private static EtcdSnapshot Open(string path) => EtcdSnapshot.Open(path, checkDigest: true, CancellationToken.None);

    private static void IsEqual(EtcdRangeResult live, string path)
    {
        using var snapshot = Open(path);
        var index = snapshot.Index(""u8, CancellationToken.None);
        Assert.Equal(live.Revision, index.Revision);
        Assert.Equal(live.Entries.Select(Shown), index.Entries(CancellationToken.None).Select(Shown));
    }

    private static string Shown(EtcdKeyValue e) =>
        $"{Text.Of(e.Key)} {Convert.ToHexString(SHA256.HashData(e.Value.Span))} {e.CreateRevision} {e.ModRevision} {e.Version} {e.Lease}";

    // The revision, as etcdctl reads it from the file; it refuses a file whose digest does not match.
    private static async Task<string> StatusAsync(string path)
    {
        var start = BuiltProgram.Start(EtcdServer.Client, ["snapshot", "status", path]);
        start.Environment["ETCDCTL_API"] = "3";
        var ended = await KistProcess.RunAsync(start, TimeSpan.FromMinutes(1), "", CancellationToken.None);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return ended.Output.Split(',')[1];
    }

    private async Task<string> SaveAsync(EtcdClient client)
    {
        var path = Path.Combine(home, $"{Guid.NewGuid():N}.db");
        await using var file = File.Create(path);
        var last = 0L;
        await foreach (var part in client.SnapshotAsync(CancellationToken.None))
        {
            await file.WriteAsync(part.Bytes);
            last = part.Remaining;
        }
        Assert.Equal(0, last);
        return path;
    }

    // Small and large values, overwritten ones, deleted ones, leased ones, keys longer than a page.
    private static async Task FillAsync(EtcdClient client)
    {
        for (var i = 0; i < 600; i++)
            await PutAsync($"/many/{i.ToString("D4", CultureInfo.InvariantCulture)}", RandomNumberGenerator.GetBytes(i % 7 == 0 ? 20_000 : i % 100));
        await PutAsync("/large/a", RandomNumberGenerator.GetBytes(1_400_000));
        await PutAsync("/large/b", RandomNumberGenerator.GetBytes(700_000));
        await PutAsync("/long/" + new string('k', 40_000), "x"u8.ToArray());
        await PutAsync("/empty", []);
        for (var i = 0; i < 50; i++)
            await PutAsync("/often", [(byte)i]);
        await client.DeleteAsync(new EtcdDelete(EtcdKeys.Prefix(Text.Bytes("/many/02"))), CancellationToken.None);
        await PutAsync("/many/0250", "made again"u8.ToArray());
        var lease = await client.GrantLeaseAsync(TimeSpan.FromHours(1), CancellationToken.None);
        await client.PutAsync(new EtcdPut(Text.Bytes("/leased"), Text.Bytes("x")) { Lease = lease.Id }, CancellationToken.None);
        var puts = Enumerable.Range(0, 100).Select(n => (EtcdOperation)new EtcdPut(Text.Bytes($"/together/{n:D3}"), Text.Bytes("x"))).ToList();
        await client.TransactAsync(new EtcdTransaction([], puts, []), CancellationToken.None);

        Task PutAsync(string key, byte[] value) => client.PutAsync(new EtcdPut(Text.Bytes(key), value), CancellationToken.None);
    }
}
