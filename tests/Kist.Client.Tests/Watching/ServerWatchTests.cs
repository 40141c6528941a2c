using Kist.Client.Settings;
using Kist.Client.Tests.Agent;
using Kist.Client.Watching;

namespace Kist.Client.Tests.Watching;

/// <summary>Questions for changes, and what to make of the answers.</summary>
public sealed class ServerWatchTests : IDisposable
{
    private readonly FakeVault server = new();
    private readonly KistClient client;
    private readonly ServerWatch watch;

    public ServerWatchTests()
    {
        client = new KistClient(new ClientSettings { Retry = new RetryPolicy { MaxRetries = 0 } }, TimeProvider.System, server);
        watch = new ServerWatch(client.SendAsync, client.Settings.Timeout);
    }

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task Index_of_now_comes_first_and_changes_after_it()
    {
        var begin = await watch.AskAsync(["secret/data/a", "secret/data/b/*"], null, default);
        Assert.Equal((WatchOutcome.Answered, 100, 0), (begin.Outcome, begin.Index, begin.Changes.Count));
        server.Write("b/c", "x", "1");
        var told = await watch.AskAsync(["secret/data/a", "secret/data/b/*"], begin.Index, default);
        Assert.Equal([new WatchedPath("secret/data/b/c", null, 101)], told.Changes);
        Assert.Equal("GET sys/watch?paths=secret/data/a&paths=secret/data/b/*&index=100&wait=45s", server.Requests[^1].Line);
    }

    [Theory]
    [InlineData(404, WatchOutcome.Unsupported)]
    [InlineData(405, WatchOutcome.Unsupported)]
    [InlineData(200, WatchOutcome.Unsupported)]
    [InlineData(403, WatchOutcome.Refused)]
    [InlineData(429, WatchOutcome.Failed)]
    [InlineData(503, WatchOutcome.Failed)]
    public async Task Answers_of_other_servers_are_told_apart(int status, WatchOutcome outcome)
    {
        server.Watches = false;
        server.On("GET sys/watch?paths=a", status, """{"errors":["no handler"]}""");
        Assert.Equal(outcome, (await watch.AskAsync(["a"], null, default)).Outcome);
    }

    [Fact]
    public async Task Server_that_is_away_is_a_failure_that_says_why()
    {
        server.IsAway = true;
        var answer = await watch.AskAsync(["a"], null, default);
        Assert.Equal(WatchOutcome.Failed, answer.Outcome);
        Assert.Contains("cannot reach", answer.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Comma_in_a_path_divides_nothing()
    {
        await watch.AskAsync(["secret/data/a,b"], null, default);
        Assert.Equal("GET sys/watch?paths=secret/data/a,b&paths=secret/data/a,b", server.Requests[^1].Line);
    }

    [Fact]
    public void Paths_are_divided_among_questions_that_a_server_takes()
    {
        var questions = ServerWatch.Divide(Enumerable.Range(0, 1000).Select(static i => $"secret/data/{i}"));
        Assert.Equal(1000, questions.Sum(static q => q.Count));
        Assert.All(questions, static q => Assert.InRange(q.Count, 1, ServerWatch.MostPaths));
        var wide = ServerWatch.Divide(Enumerable.Range(0, 100).Select(static i => $"secret/data/{new string('é', 100)}{i}"));
        Assert.All(wide, static q => Assert.True(q.Sum(static p => Uri.EscapeDataString(p).Length) < 7_000));
        Assert.Empty(ServerWatch.Divide([]));
    }

    [Theory]
    [InlineData("secret/data/a", true)]
    [InlineData("secret/data/a/*", true)]
    [InlineData("secret/data/a*b", false)]
    [InlineData("secret/data/a/", false)]
    [InlineData("secret/data/\n", false)]
    [InlineData("", false)]
    public void Path_that_a_server_would_refuse_is_not_asked_for(string path, bool can) => Assert.Equal(can, ServerWatch.CanWatch(path));
}
