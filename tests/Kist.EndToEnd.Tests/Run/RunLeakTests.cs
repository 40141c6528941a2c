using System.Text.RegularExpressions;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests.Run;

/// <summary>Where the values of a running program are seen from outside: in its own environment and in its files, and nowhere else.</summary>
public sealed class RunLeakTests(RunWorld world) : IClassFixture<RunWorld>
{
    [Fact]
    public async Task No_command_line_and_no_environment_but_the_program_s_holds_a_value()
    {
        var (ready, file) = (world.Free(), world.File("PASSWORD: !var secret/data/app/db#password\nKEY: !var:file secret/data/app/db#key\n"));
        var provider = world.Link("summon-kist");
        foreach (var by in (string[][])[[], ["-p", provider]])
        {
            File.Delete(ready);
            await using var run = world.Begin(["-d", .. by, "-f", file, "--", "sh", "-c", $"echo $$ > {ready}; exec sleep 600", "@SUMMONENVFILE"]);
            var child = await RunWorld.LineAsync(ready);
            Assert.NotEmpty(world.LeaksIn("the program's environment", await File.ReadAllBytesAsync($"/proc/{child}/environ")));
            Assert.Empty(Processes().SelectMany(id => LeaksOf(id, child)));
            Assert.Empty(world.LeaksIn("messages", System.Text.Encoding.UTF8.GetBytes(run.Output)));
            await run.StopAsync();
        }
    }

    // One byte: the kernel then starts no program that takes cores, either, which it does at a limit of nothing.
    [Fact]
    public async Task Core_dumps_are_off_for_kist_run_and_as_before_for_the_program()
    {
        var ready = world.Free();
        var start = BuiltProgram.Start("/bin/sh", [
            "-c", "ulimit -S -c unlimited; exec \"$@\"", "sh", BuiltProgram.Path, "run", "-env=X=secret/data/app/db#password", "--",
            "sh", "-c", $"echo $$ > {ready}; exec sleep 600"]);
        foreach (var (name, value) in world.Cli.Environment)
            start.Environment[name] = value;
        await using var run = KistProcess.Start(start);
        var child = await RunWorld.LineAsync(ready);
        await RunWorld.UntilAsync(() => Regex.IsMatch(File.ReadAllText($"/proc/{run.Id}/limits"), "Max core file size +1 ", RegexOptions.None, RunWorld.Patience));
        Assert.Matches("Max core file size +(unlimited|[1-9][0-9]*) +", await File.ReadAllTextAsync($"/proc/{child}/limits"));
        await run.StopAsync();
    }

    // The kernel gives the files of a process that nobody may debug to root, whoever runs it.
    [FactNeeding(Need.UnprivilegedUser)]
    public async Task Memory_is_closed_without_files_and_files_are_open_to_the_same_user_alone()
    {
        var folder = Directory.CreateTempSubdirectory("kist-nobody-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)Convert.ToInt32("777", 8));
        var ready = Path.Combine(folder, "ready");
        foreach (var (flags, owner, text) in ((string[], string, string)[])[(["--yaml", "A: b"], "0", ""), (["--yaml", "KEY: !file text"], Machine.NobodyId, "text")])
        {
            File.Delete(ready);
            var start = BuiltProgram.Start("setpriv", [
                .. Machine.AsNobody, BuiltProgram.Path, "run", .. flags, "--", "sh", "-c", $"echo \"$PPID $(test -n \"$KEY\" && cat $KEY)\" > {ready}; exec sleep 600"]);
            start.Environment["HOME"] = start.WorkingDirectory = folder;
            await using var run = KistProcess.Start(start);
            var parts = (await RunWorld.LineAsync(ready)).Split(' ');
            Assert.Equal(text, parts[1]);
            var seen = await KistProcess.RunAsync(BuiltProgram.Start("stat", ["--format=%u", $"/proc/{parts[0]}/mem"]), RunWorld.Patience, "", default);
            Assert.Equal(owner, seen.Output.Trim());
        }
        Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<string> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(path => Path.GetFileName(path)).Where(name => name.All(char.IsAsciiDigit));

    private IEnumerable<string> LeaksOf(string id, string child)
    {
        foreach (var what in id == child ? (string[])["cmdline"] : ["cmdline", "environ"])
        {
            byte[] content;
            try
            {
                content = File.ReadAllBytes($"/proc/{id}/{what}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is closed to us.
                continue;
            }
            // The token that kist run was given by its own environment is not among the values.
            foreach (var leak in world.LeaksIn($"/proc/{id}/{what}", content).Where(leak => !leak.Contains("root token", StringComparison.Ordinal)))
                yield return leak;
        }
    }
}
