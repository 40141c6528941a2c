using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>Random work of three cores over one store: each answer held at one revision, and not before what the core itself had done.</summary>
public sealed class CachedStoreModelTests
{
    private static readonly string[] Names = ["a", "b", "c"];

    [Fact]
    public void Each_answer_of_a_core_held_at_one_revision_not_before_what_it_waited_for() =>
        Prop.ForAll(Arb.From(Step().ListOf().Resize(60)), steps => Task.Run(() => RunAsync(steps)).GetAwaiter().GetResult()).QuickCheckThrowOnFailure();

    private static Gen<(int Core, string[] Names, int Action)> Step() =>
        from core in Gen.Choose(0, 2)
        from names in Gen.SubListOf(Names)
        from action in Gen.Choose(0, 3)
        select (core, names.ToArray(), action);

    private static async Task RunAsync(IEnumerable<(int Core, string[] Names, int Action)> steps)
    {
        await using var store = new MemoryStore(historyCommits: 16);
        var cores = Enumerable.Range(0, 3).Select(_ => new CachedStore(store)).ToArray();
        var known = new long[3];
        var latest = 0L;
        // What each revision held: the revision of each name's entry, or 0.
        var history = new List<Dictionary<string, long>> { Names.ToDictionary(n => n, _ => 0L, StringComparer.Ordinal) };
        foreach (var (core, names, action) in steps.Where(s => s.Names.Length > 0))
        {
            if (action <= 1)
            {
                var transaction = names.Aggregate(new Tx(), (tx, n) => action == 0 ? tx.ThenPut(n) : tx.ThenDelete(n));
                // Own writes are visible at once; other keys only promise the watch's pace, so nothing is known before a wait.
                var written = await cores[core].WriteAsync(transaction);
                latest = Math.Max(latest, written);
                history.Add(new(history[^1], StringComparer.Ordinal));
                foreach (var name in names)
                    history[^1][name] = action == 0 ? written : 0;
            }
            else
            {
                if (action == 3)
                    Assert.True(await cores[core].WaitForAsync(known[core] = latest, TimeSpan.FromMinutes(1), default));
                var got = await cores[core].GetAsync([.. names.Select(Tx.Key)], default);
                var found = got.Entries.Select(e => e?.Revision ?? 0).ToArray();
                Assert.Contains(history.Skip((int)known[core]), state => names.Select(n => state[n]).SequenceEqual(found));
                Assert.Equal(found, names.Select(n => history[(int)got.Revision][n]));
            }
        }
        foreach (var core in cores)
            await core.DisposeAsync();
    }
}
