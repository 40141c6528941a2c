using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>Runs random histories on a store and on the simplest thing that could be one, and compares every answer.</summary>
internal sealed class StoreModel(IStore store, string prefix, long revision)
{
    // Few keys, so that histories meet; with the bytes around the separator, and keys that are entry and folder at once.
    private static readonly string[] Names =
        ["a", "a/", "a/b", "a/b/c", "a/c", "a-", "a0", "ab", "b", "b/a", "b/b/a", "/", "/a", "//", "é", "é/ü", "\u0001", "\uffff", "c/a", "c/b"];

    private static readonly string[] Folders = ["", "a/", "b/", "/", "é/"];

    private readonly Dictionary<string, (string Value, long Revision)> entries = new(StringComparer.Ordinal);
    private long revision = revision;

    public static void Check(IStore store)
    {
        var round = 0;
        Prop.ForAll(Arb.From(Step().ListOf().Resize(40)), steps =>
        {
            // The property library is synchronous. Each history has a prefix of its own in the one store.
            var home = Tx.Numbered("history", round++) + "/";
            Task.Run(() => RunAsync(store, home, steps)).GetAwaiter().GetResult();
        }).QuickCheckThrowOnFailure();
    }

    private static async Task RunAsync(IStore store, string home, IEnumerable<Func<StoreModel, Task>> steps)
    {
        var model = new StoreModel(store, home, await store.HeadAsync(default));
        foreach (var step in steps)
            await step(model);
    }

    private static Gen<Func<StoreModel, Task>> Step()
    {
        var name = Gen.Elements(Names);
        var change = Gen.Zip(name, Gen.Elements<string?>(null, "", "1", "two"));
        var precondition = Gen.Zip(name, Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Choose(-2, 2))));
        var commit =
            from preconditions in Gen.ListOf(precondition).Resize(3)
            from changes in Gen.ListOf(change).Resize(5)
            select (Func<StoreModel, Task>)(m => m.CommitAsync([.. preconditions], [.. changes.DistinctBy(c => c.Item1)]));
        var get =
            from names in Gen.ListOf(name).Resize(5)
            select (Func<StoreModel, Task>)(m => m.GetAsync([.. names]));
        var range =
            from first in name
            from end in name
            from limit in Gen.Choose(1, 8)
            select (Func<StoreModel, Task>)(m => m.RangeAsync(first, end, limit));
        var list =
            from folder in Gen.Elements(Folders)
            from after in Gen.OneOf(name, Gen.Constant(""))
            from limit in Gen.Choose(0, 5)
            select (Func<StoreModel, Task>)(m => m.ListAsync(folder, after, limit));
        return Gen.Frequency((5, commit), (2, get), (2, range), (2, list));
    }

    private async Task CommitAsync((string Name, int Offset)[] preconditions, (string Name, string? Value)[] changes)
    {
        var transaction = new Tx();
        string? conflict = null;
        foreach (var (name, offset) in preconditions)
        {
            var current = entries.TryGetValue(name, out var entry) ? entry.Revision : 0;
            transaction = transaction.If(prefix + name, current + offset);
            conflict = offset == 0 ? conflict : conflict ?? name;
        }
        foreach (var (name, value) in changes)
            transaction = value is null ? transaction.ThenDelete(prefix + name) : transaction.ThenPut(prefix + name, value);

        var outcome = await store.CommitAsync(transaction);
        if (conflict is not null)
        {
            Assert.Equal(CommitOutcome.Conflict(Tx.Key(prefix + conflict)), outcome);
            return;
        }
        revision += changes.Length > 0 ? 1 : 0;
        Assert.Equal(CommitOutcome.Committed(revision), outcome);
        foreach (var (name, value) in changes)
        {
            _ = entries.Remove(name);
            if (value is not null)
                entries[name] = (value, revision);
        }
    }

    private async Task GetAsync(string[] names)
    {
        var got = await store.GetAsync([.. names.Select(n => Tx.Key(prefix + n))], default);
        Assert.InRange(got.Revision, got.Entries.Select(e => e?.Revision ?? 0).DefaultIfEmpty().Max(), revision);
        Assert.Equal(names.Select(n => entries.TryGetValue(n, out var e) ? $"{n}={e.Value}@{e.Revision}" : null), got.Entries.Select(Text));
    }

    private async Task RangeAsync(string from, string to, int limit)
    {
        var range = await store.RangeAsync(Tx.Key(prefix + from), Tx.Key(prefix + to), limit, keysOnly: false, default);
        var all = Sorted().Where(n => Compare(n, from) >= 0 && Compare(n, to) < 0).ToList();
        Assert.Equal(revision, range.Revision);
        Assert.Equal(all.Take(limit).Select(n => $"{n}={entries[n].Value}@{entries[n].Revision}"), range.Entries.Select(Text));
        Assert.Equal(all.Count > limit, range.More);
    }

    private async Task ListAsync(string folder, string after, int limit)
    {
        var below = Sorted().Where(n => n.StartsWith(folder, StringComparison.Ordinal) && n.Length > folder.Length).Select(n => n[folder.Length..]).ToList();
        var children = below.Select(n => n.IndexOf('/', StringComparison.Ordinal) is var i and >= 0 ? n[..(i + 1)] : n).Distinct();
        var most = limit > 0 ? limit : int.MaxValue;
        var listed = await store.ListAsync(Tx.Key(prefix + folder), after, limit, default);
        Assert.Equal(children.Where(c => Compare(c, after) > 0).Take(most), listed);
        var scanned = await store.ScanAsync(Tx.Key(prefix + folder), after, limit, default);
        Assert.Equal(below.Where(n => Compare(n, after) > 0).Take(most), scanned);
    }

    private IEnumerable<string> Sorted() => entries.Keys.Order(Comparer<string>.Create(Compare));

    private static int Compare(string x, string y) => Encoding.UTF8.GetBytes(x).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y));

    private string? Text(StoreEntry? entry) =>
        entry is null ? null : $"{Encoding.UTF8.GetString(entry.Key.Span)[prefix.Length..]}={Encoding.UTF8.GetString(entry.Value.Span)}@{entry.Revision}";
}
