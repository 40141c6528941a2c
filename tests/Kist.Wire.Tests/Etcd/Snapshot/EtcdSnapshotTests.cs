using Kist.Wire.Etcd.Snapshot;

namespace Kist.Wire.Tests.Etcd.Snapshot;

public sealed class EtcdSnapshotTests : IDisposable
{
    private static readonly string[] HistoryOf = ["/registry/secrets/", "/registry/configmaps/"];

    private readonly EtcdSnapshot snapshot = SnapshotVector.Open();

    [Fact]
    public void Snapshot_has_the_revision_and_size_that_etcdctl_tells()
    {
        var told = SnapshotVector.Known.GetProperty("files").GetProperty("etcd-snapshot.db").GetProperty("etcdctl_snapshot_status");
        Assert.Equal(told.GetProperty("revision").GetInt64(), snapshot.Index(""u8, CancellationToken.None).Revision);
        Assert.Equal(told.GetProperty("totalSize").GetInt64(), snapshot.Bytes);
        Assert.True(snapshot.HasDigest);
    }

    [Fact]
    public void Every_live_key_is_there_in_order()
    {
        var keys = snapshot.Index(""u8, CancellationToken.None).Entries(CancellationToken.None).Select(e => Text.Of(e.Key)).ToList();
        Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        foreach (var expected in SnapshotVector.Known.GetProperty("keys_by_first_segments").EnumerateObject())
            Assert.Equal(expected.Value.GetInt32(), keys.Count(k => k.StartsWith(expected.Name + "/", StringComparison.Ordinal)));
        Assert.Equal(SnapshotVector.Known.GetProperty("total_keys").GetInt32(), keys.Count);
    }

    [Fact]
    public void Every_known_entry_has_its_revisions_and_begins_as_stored()
    {
        var index = snapshot.Index(""u8, CancellationToken.None);
        Assert.All(SnapshotVector.Known.GetProperty("entries").EnumerateArray(), known =>
        {
            var entry = index.Find(Text.Bytes(known.GetProperty("key").GetString()!));
            Assert.NotNull(entry);
            Assert.Equal(
                (known.GetProperty("create_revision").GetInt64(), known.GetProperty("mod_revision").GetInt64(), known.GetProperty("version").GetInt64()),
                (entry.CreateRevision, entry.ModRevision, entry.Version));
            if (known.TryGetProperty("prefix", out var prefix) && prefix.GetString() is { Length: > 0 } begin)
                Assert.StartsWith(begin, Text.Of(entry.Value));
        });
    }

    [Fact]
    public void Prefix_leaves_the_rest_out()
    {
        var index = snapshot.Index("/registry/secrets/default/"u8, CancellationToken.None);
        var keys = index.Entries(CancellationToken.None).Select(e => Text.Of(e.Key)).ToList();
        Assert.Equal(keys.Count, index.Count);
        Assert.NotEmpty(keys);
        Assert.All(keys, k => Assert.StartsWith("/registry/secrets/default/", k));
        Assert.Null(index.Find(Text.Bytes("/registry/secrets/team-a/db")));
        Assert.Equal(225, index.Revision);
        Assert.Empty(snapshot.Index("/nothing"u8, CancellationToken.None).Entries(CancellationToken.None));
    }

    [Fact]
    public void Deleted_key_is_not_live_and_its_history_is_there()
    {
        var key = Text.Bytes("/registry/secrets/default/deleted-plain");
        Assert.Null(snapshot.Index(""u8, CancellationToken.None).Find(key));
        var history = snapshot.History(key, CancellationToken.None).ToList();
        Assert.Equal([(199L, false), (200L, true)], history.Select(r => (r.Entry.ModRevision, r.Deleted)));
        Assert.StartsWith("k8s\0", Text.Of(history[0].Entry.Value));
        Assert.True(history[1].Entry.Value.IsEmpty);
    }

    [Fact]
    public void History_is_that_of_the_cluster()
    {
        var known = SnapshotVector.Known.GetProperty("history_secrets_configmaps").EnumerateArray()
            .Select(h => (h.GetProperty("mod_revision").GetInt64(), h.GetProperty("key").GetString()!, h.GetProperty("event").GetString() == "delete"));
        var read = snapshot.History(Text.Bytes("/registry/"), CancellationToken.None)
            .Select(r => (r.Entry.ModRevision, Text.Of(r.Entry.Key), r.Deleted))
            .Where(r => HistoryOf.Any(prefix => r.Item2.StartsWith(prefix, StringComparison.Ordinal)));
        Assert.Equal(known, read);
    }

    [Fact]
    public void Record_lies_where_the_history_says()
    {
        var file = File.ReadAllBytes(SnapshotVector.Path);
        Assert.All(snapshot.History(Text.Bytes("/registry/secrets/"), CancellationToken.None), record =>
        {
            var stored = file.AsSpan((int)record.Offset, record.Length);
            Assert.True(stored.IndexOf(record.Entry.Key.Span) >= 0);
            Assert.True(record.Deleted || stored.EndsWith(record.Entry.Value.Span) || stored.IndexOf(record.Entry.Value.Span) >= 0);
        });
    }

    [Fact]
    public void Plaintext_is_found_in_every_page_where_it_lies()
    {
        var file = File.ReadAllBytes(SnapshotVector.Path).AsSpan(0, (int)snapshot.Bytes);
        ReadOnlyMemory<byte>[] patterns = [Text.Bytes("deleted-plain"), Text.Bytes("k8s:enc:"), Text.Bytes("nowhere to be found"), Text.Bytes("e")];
        var found = snapshot.Find(patterns, CancellationToken.None).ToList();

        Assert.Equal(found.OrderBy(m => m.Offset).ThenBy(m => m.Pattern), found);
        for (var i = 0; i < patterns.Length; i++)
            Assert.Equal(Offsets(file, patterns[i].Span), found.Where(m => m.Pattern == i).Select(m => m.Offset));
        Assert.Contains(found, m => m.Pattern == 0);
    }

    [Fact]
    public void What_crosses_the_border_of_two_windows_is_found_once()
    {
        var path = Path.GetTempFileName();
        var bytes = new byte[3 * 1024 * 1024];
        File.ReadAllBytes(SnapshotVector.Path).AsSpan(0, (int)snapshot.Bytes).CopyTo(bytes);
        int[] places = [(1024 * 1024) - 3, (1024 * 1024) + 3, (2 * 1024 * 1024) - 6, 2 * 1024 * 1024, bytes.Length - 6];
        foreach (var place in places)
            "needle"u8.CopyTo(bytes.AsSpan(place));
        File.WriteAllBytes(path, bytes);
        using (var large = EtcdSnapshot.Open(path, checkDigest: true, CancellationToken.None))
            Assert.Equal(places.Select(p => (long)p), large.Find([Text.Bytes("needle")], CancellationToken.None).Select(m => m.Offset));
        File.Delete(path);
    }

    [Fact]
    public void Empty_pattern_is_refused() =>
        Assert.Throws<ArgumentException>(() => snapshot.Find([ReadOnlyMemory<byte>.Empty], CancellationToken.None));

    [Fact]
    public void Cancellation_ends_the_reading()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => snapshot.Index(""u8, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => snapshot.Find([Text.Bytes("x")], cancelled.Token).Count());
        Assert.Throws<OperationCanceledException>(() => EtcdSnapshot.Open(SnapshotVector.Path, checkDigest: true, cancelled.Token));
    }

    public void Dispose() => snapshot.Dispose();

    private static List<long> Offsets(ReadOnlySpan<byte> file, ReadOnlySpan<byte> pattern)
    {
        var offsets = new List<long>();
        for (var i = 0; i + pattern.Length <= file.Length; i++)
        {
            if (file[i..].StartsWith(pattern))
                offsets.Add(i);
        }
        return offsets;
    }
}
