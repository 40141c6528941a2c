using System.Text;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Tests.Barrier;

/// <summary>Short forms of a view's methods for tests, with text values.</summary>
public static class ViewExtensions
{
    public static ValueTask<CommitOutcome> TryWriteAsync(this StorageView view, string path, string value, long? required = null)
    {
        var transaction = view.Begin().Put(view, path, Encoding.UTF8.GetBytes(value));
        if (required is { } revision)
            transaction.Require(view, path, revision);
        return transaction.CommitAsync(default);
    }

    /// <summary>Writes and answers the revision.</summary>
    public static async Task<long> WriteAsync(this StorageView view, string path, string value)
    {
        var outcome = await view.TryWriteAsync(path, value);
        Assert.Equal(CommitKind.Committed, outcome.Kind);
        return outcome.Revision;
    }

    public static async Task<string?> ReadTextAsync(this StorageView view, string path) =>
        await view.ReadAsync(path, default) is { } stored ? Encoding.UTF8.GetString(stored.Value.Span) : null;

    /// <summary>The stored entries of paths, as whoever has the store alone sees them.</summary>
    public static async Task<IReadOnlyList<StoreEntry>> StoredAsync(this IStore store, StorageView view, params string[] paths)
    {
        var keys = paths.Select(path => KeyLayout.Entry(KeyLayout.FirstGeneration, view, path)).ToArray();
        return [.. (await store.GetAsync(keys, default)).Entries.Select(entry => entry!)];
    }

    /// <summary>Overwrites the stored value of a path, as whoever can write to the store may.</summary>
    public static async Task TamperAsync(this IStore store, StorageView view, string path, byte[] value)
    {
        var change = new StoreChange(KeyLayout.Entry(KeyLayout.FirstGeneration, view, path), value);
        Assert.True((await store.CommitAsync(new StoreTransaction([], [change]), default)).Succeeded);
    }
}
