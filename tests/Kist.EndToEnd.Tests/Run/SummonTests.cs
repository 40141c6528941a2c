using System.Text;

namespace Kist.EndToEnd.Tests.Run;

/// <summary>
/// The program through a link named <c>summon</c>: flags, messages and exit codes of Summon's, with providers that are other programs, and Kist
/// itself.
/// </summary>
public sealed class SummonTests(RunWorld world) : IClassFixture<RunWorld>
{
    [Fact]
    public async Task Provider_gives_values_by_call_and_Kist_is_one_of_them()
    {
        var provider = world.File("#!/bin/sh\n[ $# -eq 1 ] || exit 9\necho \"value of $1\"\n", "", isProgram: true);
        var file = world.File("A: !var some/id\nB: !var:file other/id\nC: literal\n");
        Assert.Equal(
            "value of some/id\nvalue of other/idliteral\n", (await SummonAsync("-p", provider, "-f", file, "sh", "-c", "echo $A; cat $B; echo $C")).Output);
        Assert.Equal("value of some/id", (await world.RunAsync("-p", provider, "-f", file, "--", "sh", "-c", "echo $A")).Output.Trim());

        var own = world.File("A: !var secret/data/app/db#password\nB: !var:file secret/data/app/db#key\nC: !var secret/data/app/db#user\n");
        Assert.Equal(
            $"{world.Password} joe\n{world.Key}", (await SummonAsync("-p", world.Link("summon-kist"), "-f", own, "sh", "-c", "echo $A $C; cat $B")).Output);
        Assert.Equal(world.Password, (await SummonAsync("-p", "kist", "-f", own, "sh", "-c", "echo $A")).Output.Trim());
    }

    [Fact]
    public async Task Kist_as_a_provider_answers_an_argument_a_stream_and_its_version()
    {
        var one = await world.RunAsAsync("summon-kist", "", "secret/data/app/db#key");
        Assert.Equal((0, world.Key, ""), (one.ExitCode, one.Output, one.Errors));
        var many = await world.RunAsAsync("summon-kist", "secret/data/app/db#user\nsecret/data/app/db#key\n");
        Assert.Equal(["joe", world.Key], many.Output.Trim().Split('\n').Select(line => Encoding.UTF8.GetString(Convert.FromBase64String(line))));
        Assert.Equal((0, ""), (many.ExitCode, many.Errors));
        Assert.Matches("^[0-9]+\\.[0-9]+\\.[0-9]+$", (await world.RunAsAsync("summon-kist", "", "--version")).Output.Trim());
        var missing = await world.RunAsAsync("summon-kist", "", "secret/data/none#x");
        Assert.Equal((2, "", "secret/data/none: there is no such secret"), (missing.ExitCode, missing.Output, missing.Errors.Trim()));
        Assert.Equal("joe", await world.Cli.RunAsync("provider", "secret/data/app/db#user"));
    }

    // 11 of Summon's edge cases.
    [Fact]
    public async Task Failure_of_a_provider_is_told_on_standard_output_with_127()
    {
        var provider = world.File("#!/bin/sh\n[ \"$1\" = good ] && { echo fine; exit 0; }\necho 'is away' >&2\nexit 1\n", "", isProgram: true);
        var file = world.File("A: !var bad\nB: !var good\n");
        var ended = await SummonAsync("-p", provider, "-f", file, "sh", "-c", "echo $B");
        Assert.Equal((127, ""), (ended.ExitCode, ended.Errors));
        Assert.Contains("Error fetching secret: ", ended.Output);
        Assert.Contains("exit status 1: is away", ended.Output);
        foreach (var ignoring in (string[][])[["--ignore", "A"], ["-i=A"], ["-I"], ["--ignore-all"]])
            Assert.Equal((0, "unset fine"), await EndAsync(["-p", provider, "-f", file, .. ignoring, "sh", "-c", "echo ${A-unset} $B"]));
    }

    [Theory]
    [InlineData(127, "Enter a subprocess to run!")]
    [InlineData(127, "Unable to parse configuration from nowhere.yml: ", "-f", "nowhere.yml", "true")]
    [InlineData(127, "Unable to parse configuration from inline YAML: invalid YAML structure: expected mapping", "--yaml", "- a", "true")]
    [InlineData(127, "No such environment 'x' found in secrets file", "--yaml", "dev: {A: b}", "-e", "x", "true")]
    [InlineData(127, "invalid substitution format: \"x\" (expected key=value)", "-D", "x", "--yaml", "A: b", "true")]
    [InlineData(127, "variable x not declared", "--yaml", "A: $x", "true")]
    [InlineData(127, "file specified (/a.yml) is an absolute path: will not recurse up", "--up", "-f", "/a.yml", "--yaml", "A: b", "true")]
    [InlineData(127, "unable to locate file specified (nowhere.yml): reached root of file system", "--up", "-f", "nowhere.yml", "true")]
    [InlineData(127, "no-such-command", "--yaml", "A: b", "no-such-command")]
    [InlineData(127, "Could not resolve a provider!", "--yaml", "A: !var b", "true")]
    [InlineData(127, "provider ", "-p", "absent", "--yaml", "A: b", "true")]
    [InlineData(127, "signal: killed", "--yaml", "A: b", "sh", "-c", "kill -9 $$")]
    [InlineData(127, "signal: terminated", "--yaml", "A: b", "sh", "-c", "kill $$")]
    [InlineData(255, "Usage: summon", "--bogus")]
    [InlineData(0, "summon version ", "-v")]
    [InlineData(0, "summon version ", "--version")]
    [InlineData(0, "Usage: summon", "help")]
    [InlineData(0, "Usage: summon", "-h")]
    [InlineData(0, "Provider versions in ", "-V")]
    [InlineData(9, "", "--yaml", "A: b", "sh", "-c", "exit 9")]
    public async Task Ends_and_says_as_Summon_does(int code, string said, params string[] arguments)
    {
        var ended = await SummonAsync(arguments);
        Assert.Equal((code, ""), (ended.ExitCode, ended.Errors));
        Assert.Contains(said, ended.Output);
    }

    // Traps that stay where Summon is asked for, by the link and by --summon, and nowhere else.
    [Fact]
    public async Task Traps_are_kept_for_Summon_alone()
    {
        var file = world.File("dev: {A: b}\nB: !vra literal\n");
        string[] command = ["-f", file, "--", "sh", "-c", "echo \"[$dev] $B\""];
        Assert.Equal((0, "[] literal"), await EndAsync(command));
        Assert.Equal("[] literal", (await world.RunAsync(["--summon", .. command])).Output.Trim());
        Assert.Equal(1, (await world.RunAsync(command)).ExitCode);
        Assert.Equal(127, (await world.RunAsync("--summon", "--yaml", "A: b", "--", "sh", "-c", "kill -9 $$")).ExitCode);
        Assert.Equal(137, (await world.RunAsync("--yaml", "A: b", "--", "sh", "-c", "kill -9 $$")).ExitCode);
    }

    [Fact]
    public async Task Provider_named_by_a_variable_runs_for_Summon_alone()
    {
        var provider = world.File("#!/bin/sh\n[ $# -eq 1 ] || exit 9\necho from the variable\n", "", isProgram: true);
        world.Cli.Environment["SUMMON_PROVIDER"] = provider;
        try
        {
            var file = world.File("A: !var secret/data/app/db#user\n");
            Assert.Equal((0, "from the variable"), await EndAsync(["-f", file, "sh", "-c", "echo $A"]));
            Assert.Equal("joe", (await world.RunAsync("-f", file, "--", "sh", "-c", "echo $A")).Output.Trim());
        }
        finally
        {
            world.Cli.Environment.Remove("SUMMON_PROVIDER");
        }
    }

    [Fact]
    public async Task Pushed_file_is_a_plain_one_and_goes()
    {
        var path = world.Free();
        var file = world.File($"summon.files: [{{path: {path}, format: json, secrets: {{A: x}}}}]\n");
        Assert.Equal((0, "{\"A\":\"x\"}regular file 600"), await EndAsync(["-f", file, "sh", "-c", $"cat {path}; stat -c '%F %a' {path}"]));
        Assert.False(Path.Exists(path));
    }

    [Fact]
    public async Task Debug_lines_are_on_standard_error()
    {
        var ended = await SummonAsync("-d", "--yaml", "A: b", "true");
        Assert.Contains("level=DEBUG msg=\"Loading summon configuration\"", ended.Errors);
        Assert.Equal("", ended.Output);
    }

    // 24
    [Fact]
    public async Task Debug_lines_name_secrets_and_hold_no_value()
    {
        var file = world.File("PASSWORD: !var secret/data/app/db#password\n");
        var ended = await SummonAsync("-d", "-p", world.Link("summon-kist"), "-f", file, "true");
        Assert.Contains("msg=\"Fetching secret\" name=PASSWORD", ended.Errors);
        Assert.Equal("", ended.Output);
        Assert.Empty(world.LeaksIn("debug lines", Encoding.UTF8.GetBytes(ended.Errors)));
    }

    // 14
    [Fact]
    public async Task Patience_with_a_provider_is_set_by_a_variable()
    {
        var provider = world.File("#!/bin/sh\n[ $# -eq 1 ] && { echo late; exit 0; }\nexec sleep 600\n", "", isProgram: true);
        world.Cli.Environment["CONJUR_HTTP_TIMEOUT"] = "1";
        try
        {
            Assert.Equal((0, "late"), await EndAsync(["-p", provider, "--yaml", "A: !var b", "sh", "-c", "echo $A"]));
        }
        finally
        {
            world.Cli.Environment.Remove("CONJUR_HTTP_TIMEOUT");
        }
    }

    // 20
    [Fact]
    public async Task Same_alias_in_two_files_is_a_secret_of_each()
    {
        var provider = world.File("#!/bin/sh\n[ $# -eq 1 ] || exit 9\necho \"value of $1\"\n", "", isProgram: true);
        var (first, second) = (world.Free(), world.Free());
        var file = world.File(
            $"summon.files:\n- {{path: {first}, format: json, secrets: {{A: !var one, B: !var both}}}}\n- {{path: {second}, format: json, secrets: {{A: !var two, B: !var both}}}}\n");
        Assert.Equal(
            (0, """{"A":"value of one","B":"value of both"}{"A":"value of two","B":"value of both"}"""),
            await EndAsync(["-p", provider, "-f", file, "sh", "-c", $"cat {first} {second}"]));
    }

    // With files alone, Summon leaves environment and arguments as they are.
    [Fact]
    public async Task Files_alone_leave_the_environment_and_arguments_alone()
    {
        var path = world.Free();
        var file = world.File($"summon.files: [{{path: {path}, format: json, secrets: {{dev: {{A: x}}}}}}]\n");
        Assert.Equal(
            (0, "unset @SUMMONENVFILE {\"A\":\"x\"}"),
            await EndAsync(["-e", "dev", "-f", file, "sh", "-c", $"echo ${{SUMMON_ENV-unset}} $1 $(cat {path})", "sh", "@SUMMONENVFILE"]));
    }

    private Task<Harness.Ended> SummonAsync(params string[] arguments) => world.RunAsAsync("summon", "", arguments);

    private async Task<(int Code, string Output)> EndAsync(string[] arguments)
    {
        var ended = await SummonAsync(arguments);
        return (ended.ExitCode, (ended.Output + ended.Errors).Trim());
    }
}
