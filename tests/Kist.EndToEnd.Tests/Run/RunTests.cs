using System.Text;

namespace Kist.EndToEnd.Tests.Run;

/// <summary><c>kist run</c> with a real server and real children: what they get, and how it ends.</summary>
public sealed class RunTests(RunWorld world) : IClassFixture<RunWorld>
{
    private const string Variable = "-env=X=secret/data/app/db#password";

    [Fact]
    public async Task Program_gets_a_variable_and_its_exit_code_is_the_result()
    {
        var ended = await world.RunAsync(Variable, "--", "sh", "-c", "printf %s \"$X\"; echo told >&2; exit 7");
        Assert.Equal((7, world.Password, "told"), (ended.ExitCode, ended.Output.Trim(), ended.Errors.Trim()));
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -KILL $$", 137)]
    [InlineData("kill -SEGV $$", 139)]
    public async Task End_of_the_program_is_passed_on(string script, int code) =>
        Assert.Equal(code, (await world.RunAsync(Variable, "--", "sh", "-c", script)).ExitCode);

    [Fact]
    public async Task Flags_end_at_the_program_also_without_dashes()
    {
        var ended = await world.RunAsync(Variable, "sh", "-c", "echo \"$0 $1 $2\"", "-h", "--env", "-f=x");
        Assert.Equal((0, "-h --env -f=x"), (ended.ExitCode, ended.Output.Trim()));
    }

    [Fact]
    public async Task Section_of_a_file_gives_variables_files_and_literals()
    {
        var file = world.File("""
            common: {USER: !var secret/data/$app/db#user, DB: never}
            dev: {DB: !var secret/data/app/db#password, KEY: !var:file secret/data/app/db#key, EMPTY: !str:default='full' '', PLAIN: 010}
            """);
        var ended = await world.RunAsync(
            "-f", file, "-e", "dev", "-D", "app=app", "--", "sh", "-c", "echo $DB $USER $EMPTY $PLAIN $SUMMON_ENV; cat $KEY; stat -Lc %a $KEY");
        Assert.Equal($"{world.Password} joe full 010 dev\n{world.Key}600\n", ended.Output);
    }

    [Fact]
    public async Task Environment_file_holds_all_variables_and_no_argument_holds_a_value()
    {
        var ended = await world.RunAsync(
            Variable, "-env", "K=secret/data/app/db#key", "--", "sh", "-c", "cat $0; echo $1; tr '\\0' ' ' < /proc/$$/cmdline", "@SUMMONENVFILE", "a@SUMMONENVFILEb");
        var lines = ended.Output.Split('\n');
        Assert.Equal($"K=\"{world.Key.Replace("\n", "\\n", StringComparison.Ordinal)}\"", lines[0]);
        Assert.Equal($"X={world.Password}", lines[1]);
        Assert.Matches("^a/proc/[0-9]+/fd/[0-9]+b$", lines[2]);
        Assert.Empty(world.LeaksIn("arguments", Encoding.UTF8.GetBytes(lines[3])));
    }

    [Fact]
    public async Task Failure_starts_nothing_and_tells_all_that_is_missing()
    {
        var started = world.Free();
        var ended = await world.RunAsync(Variable, "-env=A=secret/data/none#x", "-env=B=secret/data/app/db#none", "--", "touch", started);
        Assert.Equal((2, ""), (ended.ExitCode, ended.Output));
        Assert.Equal(
            "Error fetching secret: A: secret/data/none: there is no such secret\nB: secret/data/app/db: there is no field \"none\"; there are password, key, user\n",
            ended.Errors);
        Assert.False(File.Exists(started));
        var ignored = await world.RunAsync(Variable, "-env=A=secret/data/none#x", "-i", "A", "--", "sh", "-c", "echo ${A-unset} $X");
        Assert.Equal($"unset {world.Password}", ignored.Output.Trim());
    }

    [Theory]
    [InlineData(127, "no-such-command")]
    [InlineData(126, "/etc")]
    [InlineData(126, "/etc/passwd")]
    public async Task Program_that_cannot_be_started_is_told_as_shells_do(int code, string command)
    {
        var ended = await world.RunAsync(Variable, "--", command);
        Assert.Equal((code, ""), (ended.ExitCode, ended.Output));
        Assert.Contains(command, ended.Errors);
    }

    [Theory]
    [InlineData("A: !vra x", "unknown word \"vra\"")]
    [InlineData("dev: {A: x}", "choose one with -e, as in -e dev")]
    [InlineData("A: $x", "variable x not declared")]
    [InlineData("- A", "expected mapping")]
    public async Task Faulty_file_is_told_with_its_name(string yaml, string message)
    {
        var file = world.File(yaml);
        var ended = await world.RunAsync("-f", file, "--", "true");
        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.Contains($"{file}: ", ended.Errors);
        Assert.Contains(message, ended.Errors);
    }

    [Fact]
    public async Task File_is_found_upwards_and_not_taken_unasked()
    {
        var name = Path.GetFileName(world.File("A: found"));
        Assert.Equal("found", (await world.RunAsync("--up", "-f", name, "--", "sh", "-c", "echo $A")).Output.Trim());
        var absent = await world.RunAsync("--", "true");
        Assert.Equal(1, absent.ExitCode);
        Assert.Contains("there is no secrets.yml here", absent.Errors);
        Assert.Equal(1, (await world.RunAsync("-f", "missing.yml", "--", "true")).ExitCode);
    }

    // 23 of Summon's edge cases.
    [Fact]
    public async Task Values_that_no_variable_can_have_go_to_files()
    {
        await world.WriteAsync("odd", new { nul = "a\0b" });
        await world.WriteAsync("large", new { v = new string('x', 1_000_000) });
        Assert.Contains("holds a NUL byte", (await world.RunAsync("-env=A=secret/data/odd#nul", "--", "true")).Errors);
        Assert.Contains("has 1,000,000 bytes", (await world.RunAsync("-env=A=secret/data/large#v", "--", "true")).Errors);
        var file = world.File("A: !var:file secret/data/odd#nul\nB: !var:file secret/data/large#v\n");
        Assert.Equal("3\n1000000\n", (await world.RunAsync("-f", file, "--", "sh", "-c", "wc -c < $A; wc -c < $B")).Output);
    }

    [Fact]
    public async Task Debug_lines_name_what_is_asked_for_and_no_value()
    {
        var ended = await world.RunAsync("-d", Variable, "--", "true");
        Assert.Contains("level=DEBUG msg=\"Fetching secret\" name=X", ended.Errors);
        Assert.Empty(world.LeaksIn("debug lines", Encoding.UTF8.GetBytes(ended.Errors)));
        Assert.Equal("", (await world.RunAsync(Variable, "--", "true")).Errors);
    }

    [Fact]
    public async Task Standard_input_is_the_program_s()
    {
        var ended = await world.Cli.TryAsync("typed\n", "run", Variable, "--", "cat");
        Assert.Equal("typed", ended.Output.Trim());
    }

    [Fact]
    public async Task Many_secrets_are_fetched_at_once()
    {
        for (var i = 0; i < 40; i++)
            await world.WriteAsync($"many/{i}", new { v = $"value {i}" });
        var file = world.File(string.Concat(Enumerable.Range(0, 400).Select(i => $"V{i}: !var secret/data/many/{i % 40}#v\n")));
        var ended = await world.RunAsync("-f", file, "--", "sh", "-c", "env | grep -c ^V[0-9]; echo $V399");
        Assert.Equal("400\nvalue 39\n", ended.Output);
    }
}
