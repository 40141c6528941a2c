using Kist.Core.Watching;

namespace Kist.Core.Tests.Watching;

public sealed class ChangeFeedTests
{
    private readonly ChangeFeed feed = new();

    [Fact]
    public void Changes_after_an_index_are_told_once_a_path_and_in_order()
    {
        feed.Begin(10);
        Append(11, "a/x");
        Append(12, "b/y", "a/z");
        Append(13, "a/x");
        Append(14);
        Assert.Equal((14, "a/z@12 a/x@13"), Since(10, "a/*"));
        Assert.Equal((14, "a/x@13"), Since(12, "a/*", "a/x"));
        Assert.Equal((14, ""), Since(13, "a/*"));
        Assert.Equal((14, ""), Since(10, "a"));
        Assert.Equal((14, ""), Since(10, "a/x/*"));
    }

    [Fact]
    public void What_is_not_known_any_more_or_not_yet_is_lost()
    {
        feed.Begin(10);
        Append(11, "a/x");
        Assert.True(Slice(9, "a/x").Lost);
        Assert.True(Slice(12, "a/x").Lost);
        Assert.False(Slice(11, "a/x").Lost);
        feed.Begin(20);
        Assert.True(Slice(11, "a/x").Lost);
        Assert.Equal(20, Slice(11, "a/x").Index);
    }

    [Fact]
    public void The_oldest_changes_are_forgotten_first()
    {
        feed.Begin(0);
        for (var revision = 1; revision <= ChangeFeed.Kept + 5; revision++)
            Append(revision, "a/x");
        Assert.True(Slice(4, "a/x").Lost);
        Assert.False(Slice(5, "a/x").Lost);
        Assert.False(Slice(5, "b").Lost);
    }

    [Fact]
    public void Changes_are_copied_in_steps_and_who_is_overtaken_between_them_is_lost()
    {
        feed.Begin(0);
        for (var revision = 1; revision <= ChangeFeed.Kept; revision++)
            Append(revision, "a/x");
        var copies = new PathChange[100];
        var stretch = feed.After(0)!.Value;
        Assert.True(feed.TryCopy(ref stretch, copies, out var copied));
        Assert.Equal((100, 1L, 100L), (copied, copies[0].Index, copies[^1].Index));
        // So many may come before the next step that what it would copy is forgotten, and no more.
        for (var more = 1; more <= 100; more++)
            Append(ChangeFeed.Kept + more, "a/x");
        Assert.True(feed.TryCopy(ref stretch, copies, out copied));
        Assert.Equal((101L, 200L), (copies[0].Index, copies[^1].Index));
        for (var more = 101; more <= 201; more++)
            Append(ChangeFeed.Kept + more, "a/x");
        Assert.False(feed.TryCopy(ref stretch, copies, out copied));
        stretch = feed.After(ChangeFeed.Kept)!.Value;
        feed.Begin(ChangeFeed.Kept + 500);
        Assert.False(feed.TryCopy(ref stretch, copies, out copied));
    }

    [Fact]
    public void All_changes_are_looked_through_however_many()
    {
        feed.Begin(0);
        for (var revision = 1; revision <= 1_000; revision++)
            Append(revision, "a/x" + revision);
        Assert.Equal((1_000, "a/x1@1 a/x256@256 a/x257@257 a/x1000@1000"), Since(0, "a/x1", "a/x256", "a/x257", "a/x1000"));
    }

    [Fact]
    public void An_answer_that_is_cut_short_ends_with_a_whole_commit()
    {
        feed.Begin(0);
        Append(1, "a/1");
        Append(2, "a/2", "a/3");
        Append(3, "a/4");
        var paths = WatchedPaths.Parse(["a/*"]).Value;
        var first = feed.Since(0, paths, 2);
        Assert.Equal((2, 3), (first.Index, first.Changes.Count));
        Assert.Equal("a/4", Assert.Single(feed.Since(first.Index, paths, 2).Changes).Path);
    }

    [Fact]
    public void Those_alone_are_woken_who_watch_the_path_or_a_folder_around_it()
    {
        feed.Begin(0);
        using var exact = Watch("a/b/c");
        using var folder = Watch("a/*");
        using var sibling = Watch("a/b/cc", "a/bb/*", "a/b");
        var (first, second, third) = (exact.Next(), folder.Next(), sibling.Next());
        Append(1, "a/b/c");
        Assert.Equal((true, true, false), (first.IsCompleted, second.IsCompleted, third.IsCompleted));
        Assert.Equal(3, feed.Watchers);
        exact.Dispose();
        Assert.Equal(2, feed.Watchers);
    }

    [Fact]
    public void All_are_woken_when_history_is_lost()
    {
        feed.Begin(0);
        using var watcher = Watch("a/b");
        var woken = watcher.Next();
        feed.Begin(5);
        Assert.True(woken.IsCompleted);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a/")]
    [InlineData("*")]
    [InlineData("a*")]
    [InlineData("a/*/b")]
    [InlineData("a/**")]
    [InlineData("a\nb")]
    public void What_is_neither_a_path_nor_a_folder_is_refused(string path) => Assert.False(WatchedPaths.Parse(["good", path]).Succeeded);

    [Fact]
    public void The_number_and_length_of_paths_are_bounded()
    {
        Assert.False(WatchedPaths.Parse([]).Succeeded);
        Assert.True(WatchedPaths.Parse([.. Enumerable.Range(0, WatchedPaths.Most).Select(i => $"a{i}")]).Succeeded);
        Assert.False(WatchedPaths.Parse([.. Enumerable.Range(0, WatchedPaths.Most + 1).Select(i => $"a{i}")]).Succeeded);
        Assert.False(WatchedPaths.Parse([new string('a', 1_025)]).Succeeded);
    }

    private ChangeFeed.Watcher Watch(params string[] paths) => feed.Watch(WatchedPaths.Parse(paths).Value, "holder").Watcher!;

    private void Append(long revision, params string[] paths) =>
        feed.Append(revision, [.. paths.Select(p => new PathChange(1, p[..(p.IndexOf('/', StringComparison.Ordinal) + 1)], p[(p.IndexOf('/', StringComparison.Ordinal) + 1)..], revision))]);

    private ChangeSlice Slice(long after, params string[] paths) => feed.Since(after, WatchedPaths.Parse(paths).Value, 100);

    private (long Index, string Changes) Since(long after, params string[] paths)
    {
        var slice = Slice(after, paths);
        Assert.False(slice.Lost);
        return (slice.Index, string.Join(' ', slice.Changes.Select(c => $"{c.Path}@{c.Index}")));
    }
}
