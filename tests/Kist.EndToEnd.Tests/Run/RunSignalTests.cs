using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Run;

/// <summary>Signals to <c>kist run</c>, without a terminal and with one.</summary>
public sealed class RunSignalTests(RunWorld world) : IClassFixture<RunWorld>
{
    private const string Variable = "-env=X=secret/data/app/db#password";
    private const string Loop = "while :; do sleep 0.01; done";

    [Theory]
    [InlineData(1, "HUP")]
    [InlineData(2, "INT")]
    [InlineData(3, "QUIT")]
    [InlineData(10, "USR1")]
    [InlineData(12, "USR2")]
    [InlineData(15, "TERM")]
    [InlineData(28, "WINCH")]
    public async Task Signal_is_passed_on_once(int signal, string name)
    {
        var (ready, got) = (world.Free(), world.Free());
        await using var run = world.Begin(Variable, "--", "bash", "-c", $"trap 'echo got >> {got}' {name}; trap 'exit 4' ALRM; echo ready > {ready}; {Loop}");
        await RunWorld.LineAsync(ready);
        run.Signal(signal);
        await RunWorld.LineAsync(got);
        run.Signal(14);
        Assert.True(await run.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal((4, 1), (run.ExitCode, (await File.ReadAllLinesAsync(got)).Length));
    }

    [Fact]
    public async Task Program_that_ends_by_the_signal_gives_128_and_its_number()
    {
        var ready = world.Free();
        await using var run = world.Begin(Variable, "--", "sh", "-c", $"echo ready > {ready}; exec sleep 600");
        await RunWorld.LineAsync(ready);
        await run.StopAsync();
        Assert.Equal(143, run.ExitCode);
    }

    // 19 of Summon's edge cases.
    [Fact]
    public async Task Second_SIGTERM_ends_a_program_that_ignores_it_and_files_vanish()
    {
        var (ready, pushed) = (world.Free(), world.Free());
        var file = world.File($"summon.files: [{{path: {pushed}, permissions: 0640, secrets: {{P: !var secret/data/app/db#password}}}}]\n");
        await using var run = world.Begin("-f", file, "--", "sh", "-c", $"trap '' TERM; echo ready > {ready}; {Loop}");
        await RunWorld.LineAsync(ready);
        Assert.True(File.Exists(pushed));
        run.Signal(Signals.Term);
        Assert.False(await run.EndsWithinAsync(TimeSpan.FromMilliseconds(300), default));
        run.Signal(Signals.Term);
        Assert.True(await run.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal((137, false), (run.ExitCode, File.Exists(pushed)));
    }

    // 19, for the other signals that count with Summon.
    [Theory]
    [InlineData(1, "HUP")]
    [InlineData(2, "INT")]
    public async Task Second_signal_kills_as_with_Summon(int signal, string name)
    {
        var (ready, got) = (world.Free(), world.Free());
        await using var run = world.Begin(
            "--summon", "--yaml", "A: b", "--", "bash", "-c", $"trap 'echo got >> {got}' {name}; echo ready > {ready}; {Loop}");
        await RunWorld.LineAsync(ready);
        run.Signal(signal);
        await RunWorld.LineAsync(got);
        run.Signal(signal);
        Assert.True(await run.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal(127, run.ExitCode);
        Assert.Contains("signal: killed", run.Output);
    }

    // A REPL lives through any number of Ctrl-C; a server reads its configuration on each SIGHUP.
    [Theory]
    [InlineData(1, "HUP")]
    [InlineData(2, "INT")]
    public async Task Other_signals_never_kill_however_often_they_come(int signal, string name)
    {
        var (ready, got) = (world.Free(), world.Free());
        await using var run = world.Begin(Variable, "--", "bash", "-c", $"trap 'echo got >> {got}' {name}; trap 'exit 4' ALRM; echo ready > {ready}; {Loop}");
        await RunWorld.LineAsync(ready);
        for (var i = 1; i <= 3; i++)
        {
            run.Signal(signal);
            await RunWorld.UntilAsync(() => File.Exists(got) && File.ReadAllLines(got).Length == i);
        }
        run.Signal(14);
        Assert.True(await run.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal(4, run.ExitCode);
    }

    [Fact]
    public async Task Ignored_signal_stays_ignored()
    {
        var ended = await world.Cli.TryAsync("", "run", Variable, "--", "sh", "-c", "kill -PIPE $$; echo survived");
        Assert.Equal((141, ""), (ended.ExitCode, ended.Output));
        var start = BuiltProgram.Start("/bin/sh", ["-c", "trap '' HUP; exec \"$@\"", "sh", BuiltProgram.Path, "run", Variable, "--", "sh", "-c", "kill -HUP $$; echo survived"]);
        foreach (var (name, value) in world.Cli.Environment)
            start.Environment[name] = value;
        Assert.Equal("survived", (await KistProcess.RunAsync(start, RunWorld.Patience, "", default)).Output.Trim());
    }

    [FactNeeding(Need.Python)]
    public async Task Person_at_a_terminal_has_the_program_before_them()
    {
        var script = Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", "run_terminal.py");
        var start = BuiltProgram.Start(Machine.Python, [script, BuiltProgram.Path, "run", Variable, "--"]);
        foreach (var (name, value) in world.Cli.Environment)
            start.Environment[name] = value;
        var ended = await KistProcess.RunAsync(start, TimeSpan.FromMinutes(2), "", default);
        Assert.True(ended.ExitCode == 0, ended.Output + ended.Errors);
        Assert.Equal(
            ["terminal", "interrupted once", "stopped and continued", "line 'typed'", "window once", "killed by terminal: 131", "pipeline: 3"],
            ended.Output.Trim().Split('\n'));
    }
}
