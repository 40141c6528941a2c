namespace Kist.EndToEnd.Tests.Run;

/// <summary><c>kist run --watch</c>: what a change of a secret does to the running program.</summary>
public sealed class RunWatchTests(RunWorld world) : IClassFixture<RunWorld>
{
    private const string Loop = "while :; do sleep 0.01; done";

    [Fact]
    public async Task Program_is_started_anew_with_the_new_value()
    {
        await world.WriteAsync("restart", new { v = "old" });
        var got = world.Free();
        await using var run = world.Begin(
            "-watch=restart", "-watch-interval=100ms", "-env=X=secret/data/restart#v", "--", "sh", "-c", $"trap 'exit 0' TERM; echo $$ $X >> {got}; {Loop}");
        await RunWorld.LineAsync(got);
        await world.WriteAsync("restart", new { v = "new" });
        await RunWorld.UntilAsync(() => File.ReadAllLines(got).Length == 2);
        var starts = (await File.ReadAllLinesAsync(got)).Select(line => line.Split(' ')).ToList();
        Assert.Equal(["old", "new"], starts.Select(s => s[1]));
        Assert.False(Directory.Exists($"/proc/{starts[0][0]}"));
        await run.StopAsync();
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("secret/data/restart changed: starting the program anew", run.Output);
    }

    [Fact]
    public async Task Signal_comes_when_the_file_has_the_new_value()
    {
        await world.WriteAsync("signal", new { v = "old" });
        var got = world.Free();
        var file = world.File("X: !var:file secret/data/signal#v\n");
        await using var run = world.Begin(
            "-watch=HUP", "-watch-interval=100ms", "-f", file, "--", "bash", "-c", $"trap 'cat $X >> {got}; echo >> {got}' HUP; cat $X > {got}; echo >> {got}; {Loop}");
        await RunWorld.LineAsync(got);
        foreach (var (value, lines) in ((string, int)[])[("new", 2), ("newer", 3)])
        {
            await world.WriteAsync("signal", new { v = value });
            await RunWorld.UntilAsync(() => File.ReadAllLines(got).Length == lines);
        }
        Assert.Equal(["old", "new", "newer"], await File.ReadAllLinesAsync(got));
        await run.StopAsync();
        Assert.Equal(143, run.ExitCode);
    }

    [Fact]
    public async Task Program_keeps_what_it_has_while_the_new_value_cannot_be_had()
    {
        await world.WriteAsync("lost", new { v = "old" });
        var got = world.Free();
        await using var run = world.Begin(
            "-watch=restart", "-watch-interval=100ms", "-env=X=secret/data/lost#v", "--", "sh", "-c", $"echo $X >> {got}; exec sleep 600");
        await RunWorld.LineAsync(got);
        await world.WriteAsync("lost", new { other = "field" });
        await RunWorld.UntilAsync(() => run.Output.Contains("the program keeps what it has", StringComparison.Ordinal));
        Assert.False(run.HasExited);
        await world.WriteAsync("lost", new { v = "found" });
        await RunWorld.UntilAsync(() => File.ReadAllLines(got) is ["old", "found"]);
    }

    [Fact]
    public async Task Program_that_ends_by_itself_is_not_started_again()
    {
        var ended = await world.RunAsync("-watch=restart", "-env=X=secret/data/app/db#user", "--", "sh", "-c", "exit 3");
        Assert.Equal(3, ended.ExitCode);
        Assert.Equal(1, (await world.RunAsync("-watch=sometimes", "-env=X=secret/data/app/db#user", "--", "true")).ExitCode);
    }

    [Fact]
    public async Task Interrupt_during_a_restart_means_the_next_one_too()
    {
        await world.WriteAsync("interrupt", new { v = "old" });
        var got = world.Free();
        await using var run = world.Begin(
            "-watch=restart", "-watch-interval=100ms", "-env=X=secret/data/interrupt#v", "--",
            "bash", "-c", $"trap 'kill -INT $PPID' TERM; trap 'exit 4' INT; echo $X >> {got}; {Loop}");
        await RunWorld.LineAsync(got);
        await world.WriteAsync("interrupt", new { v = "new" });
        Assert.True(await run.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal(4, run.ExitCode);
        Assert.Equal(["old"], await File.ReadAllLinesAsync(got));
    }

    // The next one could not take it yet as it begins, and would die of what asks it to read its configuration anew.
    [Fact]
    public async Task Hangup_during_a_restart_without_a_terminal_does_not_end_the_next_program()
    {
        await world.WriteAsync("hangup", new { v = "old" });
        var (got, hung) = (world.Free(), world.Free());
        await using var run = world.BeginWithoutTerminal(
            "-watch=restart", "-watch-interval=100ms", "-env=X=secret/data/hangup#v", "--",
            "bash", "-c",
            $"trap 'echo $X >> {hung}; [ $X = old ] && exit 0' HUP; trap 'kill -HUP $PPID' TERM; trap 'exit 4' INT; echo $X >> {got}; {Loop}");
        await RunWorld.LineAsync(got);
        await world.WriteAsync("hangup", new { v = "new" });
        await RunWorld.UntilAsync(() => File.ReadAllLines(got).Length == 2);
        Assert.Equal(("old", "new"), (await RunWorld.LineAsync(hung), (await File.ReadAllLinesAsync(got))[1]));
        run.Signal(2);
        Assert.True(await run.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal(4, run.ExitCode);
    }
}
