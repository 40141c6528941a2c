using System.Globalization;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Run;

/// <summary>Files of <c>kist run</c>: where they lie, and that they are gone.</summary>
public sealed class RunFilesTests(RunWorld world) : IClassFixture<RunWorld>
{
    [Fact]
    public async Task Files_are_gone_when_kist_run_is_killed_although_the_program_lives()
    {
        var (paths, pushed, shared, envFile) = (world.Free(), world.Free(), world.Free(), world.Free());
        var file = world.File($"""
            KEY: !var:file secret/data/app/db#key
            summon.files:
              - path: {pushed}
                format: json
                secrets: {"{"}PASSWORD: !var secret/data/app/db#password{"}"}
              - path: {shared}
                permissions: 0640
                secrets: {"{"}PASSWORD: !var secret/data/app/db#password{"}"}
            """);
        await using var run = world.Begin(
            "-f", file, "--", "sh", "-c", $"cat $KEY {pushed} $0 > {envFile}; echo $$ $KEY $0 > {paths}; exec sleep 600", "@SUMMONENVFILE");
        var parts = (await RunWorld.LineAsync(paths)).Split(' ');
        var child = int.Parse(parts[0], CultureInfo.InvariantCulture);
        try
        {
            Assert.StartsWith(world.Key + $"{{\"PASSWORD\":\"{world.Password}\"}}", await File.ReadAllTextAsync(envFile), StringComparison.Ordinal);
            Assert.Equal(world.Key, await File.ReadAllTextAsync(parts[1]));
            Assert.True(File.Exists(shared));
            // Its output stays open, in the program's hands, so that only its own end can be waited for.
            run.Signal(Signals.Kill);
            await RunWorld.UntilAsync(() => run.HasExited);
            await RunWorld.UntilAsync(() => !File.Exists(shared));
            Assert.True(Directory.Exists($"/proc/{child}"));
            Assert.All((string[])[parts[1], parts[2], pushed], path => Assert.ThrowsAny<IOException>(() => File.ReadAllText(path)));
            Assert.Empty(Remains());
        }
        finally
        {
            Signals.Send(child, Signals.Kill);
            File.Delete(envFile);
        }

        // What the killed run left is a link to nothing, and not in the way of the next.
        var next = await world.RunAsync("-f", file, "--", "cat", pushed);
        Assert.Equal($"{{\"PASSWORD\":\"{world.Password}\"}}", next.Output.Trim());
        Assert.Null(new FileInfo(pushed).LinkTarget);
    }

    [Theory]
    [InlineData("0600", "600")]
    [InlineData("0640", "640")]
    public async Task Pushed_file_has_its_mode_while_the_program_runs_and_is_gone_behind_it(string permissions, string mode)
    {
        var path = Path.Combine(world.Free(), "deep", "file");
        var file = world.File($"""
            summon.files:
              - path: {path}
                format: dotenv
                permissions: {permissions}
                secrets: {"{"}PASSWORD: !var secret/data/app/db#password{"}"}
            """);
        var ended = await world.RunAsync("-f", file, "--", "sh", "-c", $"cat {path}; echo; stat -Lc %a {path}");
        Assert.Equal($"PASSWORD=\"{world.Password}\"\n{mode}\n", ended.Output);
        Assert.False(Path.Exists(path));
        Assert.Empty(Directory.GetFileSystemEntries(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task Pushed_file_does_not_replace_another_unasked_and_puts_it_back_when_asked()
    {
        var path = world.File("old", ".conf");
        string Yaml(string overwrite) => world.File(
            $"summon.files: [{{path: {path}, format: bash, overwrite: {overwrite}, secrets: {{P: !var secret/data/app/db#password}}}}]\n");
        var refused = await world.RunAsync("-f", Yaml("false"), "--", "true");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"file already exists at \"{path}\" and overwrite is not enabled", refused.Errors);
        Assert.Equal($"export P=\"{world.Password}\"", (await world.RunAsync("-f", Yaml("true"), "--", "cat", path)).Output.Trim());
        Assert.Equal("old", await File.ReadAllTextAsync(path));
    }

    [Theory]
    [InlineData("0600", false)]
    [InlineData("0640", false)]
    [InlineData("0600", true)]
    [InlineData("0640", true)]
    public async Task Runs_that_overlap_have_each_their_file_and_leave_what_was_there(string permissions, bool isKilled)
    {
        var path = world.File("old", ".conf");
        string Yaml(string field) => world.File(
            $"summon.files: [{{path: {path}, format: json, permissions: {permissions}, overwrite: true, secrets: {{P: !var secret/data/app/db#{field}}}}}]\n");
        var (one, two, go) = (world.Free(), world.Free(), world.Free());
        await using var first = world.Begin("-f", Yaml("password"), "--", "sh", "-c", $"echo > {one}; exec sleep 600");
        await RunWorld.LineAsync(one);
        await using var second = world.Begin(
            "-f", Yaml("user"), "--", "sh", "-c", $"echo > {two}; until [ -e {go} ]; do sleep 0.01; done; exec cat {path}");
        await RunWorld.LineAsync(two);
        if (isKilled)
        {
            first.Signal(Signals.Kill);
            // The second run keeps now what the first one had kept.
            await RunWorld.UntilAsync(() => Remains().ToList() is [var kept] && new FileInfo(kept).LinkTarget is null && File.ReadAllText(kept) == "old");
        }
        else
            await first.StopAsync();
        await File.WriteAllTextAsync(go, "");
        Assert.True(await second.EndsWithinAsync(RunWorld.Patience, default));
        Assert.Equal("""{"P":"joe"}""", second.Output.Trim());
        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Empty(Remains());
    }

    // 26 of Summon's edge cases: a disk that takes no more, by the largest size that a file may have.
    [Theory]
    [InlineData("")]
    [InlineData("--summon ")]
    public async Task File_that_cannot_be_written_whole_leaves_nothing(string flags)
    {
        await world.WriteAsync("large", new { v = new string('x', 100_000) });
        var path = world.File("old", ".conf");
        var provider = flags.Length > 0 ? "-p kist " : "";
        var file = world.File($"summon.files: [{{path: {path}, permissions: 0640, overwrite: true, secrets: {{P: !var secret/data/large#v}}}}]\n");
        var start = BuiltProgram.Start(
            "bash", ["-c", $"trap '' XFSZ; ulimit -f 16; exec \"$0\" run {flags}{provider}-f {file} -- cat {path}", BuiltProgram.Path]);
        foreach (var (name, value) in world.Cli.Environment)
            start.Environment[name] = value;
        // The runtime makes a large file of its own for compiled code.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        start.WorkingDirectory = world.Home;
        var ended = await KistProcess.RunAsync(start, RunWorld.Patience, "", default);
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains($"error writing secret file for path {path}: ", ended.Output + ended.Errors, StringComparison.Ordinal);
        Assert.Equal("old", await File.ReadAllTextAsync(path));
        Assert.Empty(Remains());
    }

    [Fact]
    public async Task Missing_secret_leaves_no_file()
    {
        var path = world.Free();
        var file = world.File($"summon.files: [{{path: {path}, secrets: {{A: !var secret/data/app/db#user, B: !var secret/data/none#x}}}}]\n");
        Assert.Equal(2, (await world.RunAsync("-f", file, "--", "true")).ExitCode);
        Assert.False(Path.Exists(path));
    }

    // 25 of Summon's edge cases: nothing is written to /dev/shm, the home folder or the temporary one.
    [Fact]
    public async Task Files_in_memory_need_no_folder()
    {
        var file = world.File("KEY: !var:file secret/data/app/db#key\n");
        var ended = await world.RunAsync("-f", file, "--", "sh", "-c", "cat $KEY; ls -a $HOME /dev/shm | grep -c summon");
        Assert.Equal($"{world.Key}0\n", ended.Output);
        Assert.Empty(Remains());
    }

    // Programs that close descriptors they do not know, as ssh does, open the path all the same.
    [Fact]
    public async Task File_is_opened_by_a_program_that_inherits_no_descriptors()
    {
        var file = world.File("KEY: !var:file secret/data/app/db#key\n");
        var ended = await world.RunAsync("-f", file, "--", "sh", "-c", "for d in 3 4 5 6 7 8 9; do eval \"exec $d<&-\"; done; env -i sh -c \"cat $KEY\"");
        Assert.Equal(world.Key, ended.Output);
    }

    private IEnumerable<string> Remains() =>
        Directory.EnumerateFileSystemEntries("/dev/shm", "*kist-run*").Concat(Directory.EnumerateFileSystemEntries(world.Home, ".kist-*"));
}
