using Kist.Core.Storage;

namespace Kist.Core.Tests.Storage;

public sealed class CommitHistoryTests
{
    [Fact]
    public async Task Oldest_commits_go_when_their_keys_exceed_the_bytes()
    {
        var history = new CommitHistory(head: 10, maxCommits: 100, maxBytes: 20);
        for (var revision = 11; revision <= 14; revision++)
            history.Append(revision, Tx.Put("eight by").Build().Changes);
        Assert.Equal(WatchEvent.Lost, await First(history, 11));
        Assert.Equal(13, (await First(history, 12)).Revision);
        Assert.Equal(14, history.Head);
    }

    [Fact]
    public async Task Commit_larger_than_the_bytes_is_kept_until_the_next()
    {
        var history = new CommitHistory(head: 0, maxCommits: 100, maxBytes: 3);
        history.Append(1, Tx.Put("eight by").Build().Changes);
        Assert.Equal(1, (await First(history, 0)).Revision);
    }

    [Fact]
    public async Task What_was_before_the_start_is_lost()
    {
        var history = new CommitHistory(head: 10);
        history.Append(11, Tx.Put("a").Build().Changes);
        Assert.Equal(WatchEvent.Lost, await First(history, 9));
        Assert.Equal(11, (await First(history, 10)).Revision);
    }

    [Fact]
    public void Gap_is_a_bug() => Assert.Throws<InvalidOperationException>(() => new CommitHistory(0).Append(2, []));

    private static async Task<WatchEvent> First(CommitHistory history, long after)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await using var watch = history.WatchAsync(after, patience.Token).GetAsyncEnumerator();
        Assert.True(await watch.MoveNextAsync());
        return watch.Current;
    }
}
