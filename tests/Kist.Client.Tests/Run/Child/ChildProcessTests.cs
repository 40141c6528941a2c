using System.Text;
using Kist.Client.Run;
using Kist.Client.Run.Child;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Child;

/// <summary>Real children, without a terminal.</summary>
public sealed class ChildProcessTests : IDisposable
{
    private const int Kill = 9;
    private const int UserSignal = 10;
    private const int Continue = 18;
    private const int Stop = 19;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("exit 0", 0, 0, 0)]
    [InlineData("exit 7", 7, 0, 7)]
    [InlineData("exit 255", 255, 0, 255)]
    [InlineData("kill -KILL $$", 0, 9, 137)]
    [InlineData("kill -TERM $$", 0, 15, 143)]
    [InlineData("kill -PIPE $$", 0, 13, 141)]
    public async Task End_is_told_as_a_shell_does(string script, int exitCode, int signal, int shellCode)
    {
        var end = await RunAsync("sh", "-c", script);
        Assert.Equal(new ChildEnd(exitCode, signal), end);
        Assert.Equal(shellCode, end.ShellCode);
    }

    [Fact]
    public async Task Child_gets_arguments_and_environment_as_they_are_without_a_shell()
    {
        using var environment = new ChildEnvironment([]);
        environment.Set("X", [255, 10, (byte)'$']);
        var output = folder.At("out");
        var child = ChildProcess.Start("/bin/sh", ["called", "-c", "printf '%s|%s|%s' \"$X\" \"$1\" \"$0\" > " + output, "$(id)", "a  b'\""], environment);
        Assert.Equal(0, (await child.EndAsync(() => { })).ExitCode);
        Assert.Equal("\xff\n$|a  b'\"|$(id)", Encoding.Latin1.GetString(await File.ReadAllBytesAsync(output)));
    }

    [Fact]
    public async Task Signal_arrives_and_after_the_end_goes_nowhere()
    {
        using var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        var ready = folder.At("ready");
        var child = ChildProcess.Start("/bin/sh", ["sh", "-c", $"trap 'exit 5' USR1; : > {ready}; while :; do sleep 0.01; done"], environment);
        while (!File.Exists(ready))
            await Task.Delay(5);
        child.Signal(UserSignal);
        Assert.Equal(5, (await child.EndAsync(() => { })).ExitCode);
        child.Signal(UserSignal);
    }

    [Fact]
    public async Task Being_stopped_is_told_and_is_no_end()
    {
        using var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        var child = ChildProcess.Start("/bin/sh", ["sh", "-c", "kill -STOP $$; exit 3"], environment);
        var stops = 0;
        var end = await child.EndAsync(() =>
        {
            stops++;
            child.Signal(18);
        });
        Assert.Equal((1, 3), (stops, end.ExitCode));
    }

    // Who followed such a stop would stand with nobody to wake it.
    [Fact]
    public async Task Stop_that_is_over_before_it_is_taken_is_none()
    {
        using var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        var child = ChildProcess.Start("/bin/sh", ["sh", "-c", "while :; do sleep 0.01; done"], environment);
        var stops = 0;
        var end = child.EndAsync(() => Interlocked.Increment(ref stops));
        lock (child.Gate)
        {
            var before = Monitor.LockContentionCount;
            _ = LinuxCalls.Kill(child.Id, Stop);
            // Whoever waits for the child has seen the stop, and waits to take it.
            Assert.True(SpinWait.SpinUntil(() => IsStopped(child) && Monitor.LockContentionCount > before, Patience));
            _ = LinuxCalls.Kill(child.Id, Continue);
            Assert.True(SpinWait.SpinUntil(() => !IsStopped(child), Patience));
        }
        child.Signal(Kill);
        Assert.Equal((Kill, 0), ((await end).Signal, Volatile.Read(ref stops)));
    }

    [Fact]
    public void What_cannot_be_started_is_told_as_shells_do()
    {
        var text = folder.File("text", "no program");
        var script = folder.File("script", "#!/no/such/interpreter\n");
        var bare = folder.File("bare", "echo a script without its first line\n");
        foreach (var file in (string[])[script, bare])
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal(RunFault.CommandNotFound, Fails("no-such-command"));
        Assert.Equal(RunFault.CommandNotFound, Fails("/no/such/file"));
        Assert.Equal(RunFault.CommandNotFound, Fails(script));
        Assert.Equal(RunFault.CommandNotExecutable, Fails(text));
        Assert.Equal(RunFault.CommandNotExecutable, Fails(folder.Path));
        Assert.Equal(RunFault.CommandNotExecutable, Fails(bare));
    }

    [Fact]
    public void Program_of_the_current_folder_is_not_run_by_its_name()
    {
        var name = Path.GetFileName(folder.Path);
        Assert.Throws<RunException>(() => CommandFinder.Find(name, $".::{folder.At("nothing")}"));
        Assert.Equal("/bin/sh", CommandFinder.Find("sh", ".:/bin"));
    }

    // 23
    [Fact]
    public void Too_many_bytes_are_told_with_the_way_out()
    {
        using var environment = new ChildEnvironment([]);
        var value = new byte[100_000];
        value.AsSpan().Fill((byte)'x');
        for (var i = 0; i < 5000; i++)
            environment.Set($"V{i}", value.AsSpan(0, i < 100 ? value.Length : 10));
        var failure = Assert.Throws<RunException>(() => ChildProcess.Start("/bin/true", ["true"], environment));
        Assert.Contains("5,000 variables", failure.Message);
        Assert.Contains("!var:file", failure.Message);
    }

    [Fact]
    public async Task Five_thousand_variables_are_passed_on()
    {
        using var environment = new ChildEnvironment([]);
        for (var i = 0; i < 5000; i++)
            environment.Set($"V{i}", "0123456789"u8);
        var output = folder.At("out");
        var child = ChildProcess.Start("/bin/sh", ["sh", "-c", $"/usr/bin/env | /usr/bin/grep -c ^V > {output}"], environment);
        await child.EndAsync(() => { });
        Assert.Equal("5000\n", await File.ReadAllTextAsync(output));
    }

    private static bool IsStopped(ChildProcess child) =>
        File.ReadAllText($"/proc/{child.Id}/stat").Split(')')[^1].TrimStart().StartsWith('T');

    private static RunFault Fails(string command) => Assert.Throws<RunException>(() =>
    {
        using var environment = new ChildEnvironment([]);
        ChildProcess.Start(CommandFinder.Find(command, "/usr/bin:/bin"), [command], environment);
    }).Fault;

    private static async Task<ChildEnd> RunAsync(params string[] words)
    {
        using var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        return await ChildProcess.Start(CommandFinder.Find(words[0], "/usr/bin:/bin"), words, environment).EndAsync(() => { });
    }
}
