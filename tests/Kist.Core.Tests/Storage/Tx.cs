using System.Globalization;
using System.Text;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

/// <summary>Builds transactions of text keys and values, and reads them back.</summary>
public sealed class Tx
{
    private readonly List<Precondition> preconditions = [];
    private readonly List<StoreChange> changes = [];

    public static Tx Put(string key, string value = "") => new Tx().ThenPut(key, value);

    public static Tx Delete(string key) => new Tx().ThenDelete(key);

    public Tx ThenPut(string key, string value = "")
    {
        changes.Add(new(Key(key), Encoding.UTF8.GetBytes(value)));
        return this;
    }

    public Tx ThenDelete(string key)
    {
        changes.Add(new(Key(key), null));
        return this;
    }

    public Tx If(string key, long revision)
    {
        preconditions.Add(new(Key(key), revision));
        return this;
    }

    public Tx If(Precondition fence)
    {
        preconditions.Add(fence);
        return this;
    }

    public StoreTransaction Build() => new(preconditions, changes);

    public static StoreKey Key(string key) => new(Encoding.UTF8.GetBytes(key));

    /// <summary>A key that sorts by its number.</summary>
    public static string Numbered(string prefix, int number) => prefix + number.ToString("d8", CultureInfo.InvariantCulture);
}

/// <summary>Short forms of the store's methods for tests.</summary>
public static class StoreTestExtensions
{
    public static ValueTask<CommitOutcome> CommitAsync(this IStore store, Tx transaction) => store.CommitAsync(transaction.Build(), CancellationToken.None);

    /// <summary>Commits and answers the revision.</summary>
    public static async Task<long> WriteAsync(this IStore store, Tx transaction)
    {
        var outcome = await store.CommitAsync(transaction);
        Assert.Equal(CommitKind.Committed, outcome.Kind);
        return outcome.Revision;
    }

    public static async Task<string?> ReadAsync(this IStore store, string key) =>
        (await store.EntryAsync(key)) is { } entry ? Encoding.UTF8.GetString(entry.Value.Span) : null;

    public static async Task<StoreEntry?> EntryAsync(this IStore store, string key) =>
        (await store.GetAsync([Tx.Key(key)], CancellationToken.None)).Entries[0];

    public static async Task<string> KeysAsync(this IStore store, string from, string to, int limit = 100)
    {
        var range = await store.RangeAsync(Tx.Key(from), Tx.Key(to), limit, keysOnly: true, CancellationToken.None);
        return string.Join(' ', range.Entries.Select(e => e.Key)) + (range.More ? " …" : "");
    }

    /// <summary>The next <paramref name="count"/> events after a revision.</summary>
    public static async Task<List<WatchEvent>> WatchedAsync(this IStore store, long after, int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var events = new List<WatchEvent>();
        await foreach (var seen in store.WatchAsync(after, patience.Token))
        {
            events.Add(seen);
            if (events.Count == count)
                break;
        }
        return events;
    }
}
