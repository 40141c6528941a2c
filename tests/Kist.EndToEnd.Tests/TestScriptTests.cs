using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary><c>./test</c> itself, with projects that are none and a <c>dotnet</c> that only writes result files.</summary>
public sealed class TestScriptTests : IDisposable
{
    // Empty.Tests has no test, Skipped.Tests skips its two, Hung.Tests ends without a result; all others pass two.
    private const string Dotnet = """
        #!/bin/bash
        [[ $1 == test ]] || exit 0
        for word in "$@"; do [[ $word == trx\;LogFileName=* ]] && result=${word#*=}; done
        case $2 in
          */Empty.Tests.dll) ;;
          */Skipped.Tests.dll) echo '<Counters total="2" executed="0" passed="0" failed="0" notExecuted="0" />' >"$result" ;;
          */Hung.Tests.dll) exit 1 ;;
          *) echo '<Counters total="2" executed="2" passed="2" failed="0" notExecuted="0" />' >"$result" ;;
        esac
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly string folder = Directory.CreateTempSubdirectory("kist-script-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("", "", 0, "2 passed, 0 failed, 0 skipped")]
    [InlineData("Empty", "", 1, "2 passed, 1 failed, 0 skipped")]
    [InlineData("Skipped", "", 1, "2 passed, 1 failed, 2 skipped")]
    [InlineData("Hung", "", 1, "2 passed, 1 failed, 0 skipped")]
    [InlineData("Empty", "--filter X", 0, "2 passed, 0 failed, 0 skipped")]
    [InlineData("Skipped", "--filter X", 0, "2 passed, 0 failed, 2 skipped")]
    [InlineData("Hung", "--filter X", 1, "2 passed, 1 failed, 0 skipped")]
    public async Task Project_without_a_result_fails_the_run_unless_a_filter_left_it_out(string project, string arguments, int exitCode, string lastLine)
    {
        await PrepareAsync(project);
        var ended = await RunAsync("test", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal((exitCode, lastLine), (ended.ExitCode, ended.Output.TrimEnd().Split('\n')[^1]));
    }

    [Theory]
    [InlineData("echo built", "kube-apiserver (waited ")]
    [InlineData("echo no source; exit 1", "no source\ncould not build kube-apiserver")]
    public async Task Kube_apiserver_is_built_aside_and_its_lack_is_told(string script, string expected)
    {
        await PrepareAsync("");
        Directory.CreateDirectory(At("tests/tools"));
        await WriteAsync("tests/tools/kube-apiserver", $"#!/bin/bash\n{script}\n");
        var ended = await RunAsync("test");
        Assert.Contains(expected, ended.Output);
        Assert.Equal((0, "2 passed, 0 failed, 0 skipped"), (ended.ExitCode, ended.Output.TrimEnd().Split('\n')[^1]));
    }

    [Fact]
    public async Task Lack_of_what_renders_the_chart_is_told()
    {
        await PrepareAsync("");
        Directory.CreateDirectory(At("tests/tools/helm-render"));
        await WriteAsync("tests/tools/helm-render/build", "#!/bin/bash\necho no mirror\nexit 1\n");
        var ended = await RunAsync("test");
        Assert.Contains("no mirror\ncould not build helm-render", ended.Output);
        Assert.Equal((0, "2 passed, 0 failed, 0 skipped"), (ended.ExitCode, ended.Output.TrimEnd().Split('\n')[^1]));
    }

    [Fact]
    public async Task Continuous_integration_does_not_skip_what_it_lacks()
    {
        Directory.CreateDirectory(At(".ci"));
        await WriteAsync("test", "#!/bin/bash\necho \"CI=$CI\"\n");
        await WriteAsync(".ci/run", await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Repository, ".ci", "run")));
        Assert.Equal("CI=true", (await RunAsync(".ci/run")).Output.Trim());
    }

    private async Task PrepareAsync(string project)
    {
        await WriteAsync("test", await File.ReadAllTextAsync(Path.Combine(BuiltProgram.Repository, "test")));
        Directory.CreateDirectory(At("bin"));
        foreach (var program in (string[])["apt-get", "npm", "node"])
            await WriteAsync($"bin/{program}", "#!/bin/bash\n");
        await WriteAsync("bin/dotnet", Dotnet);
        if (project.Length > 0)
            Directory.CreateDirectory(At($"tests/{project}.Tests"));

        // The npm clients are there already.
        const string Lock = "package-lock.json";
        foreach (var place in (string[])[$"tests/Kist.EndToEnd.Tests/clients/{Lock}", "cache/kist/tests/node_modules/.installed-lock.json"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(At(place))!);
            await File.WriteAllTextAsync(At(place), "{}");
        }
    }

    private Task<Ended> RunAsync(string script, params string[] arguments)
    {
        var start = BuiltProgram.Start(At(script), arguments);
        start.Environment["PATH"] = $"{At("bin")}:{start.Environment["PATH"]}";
        start.Environment["XDG_CACHE_HOME"] = At("cache");
        start.Environment.Remove("CI");
        return KistProcess.RunAsync(start, Patience, "", default);
    }

    private async Task WriteAsync(string name, string content)
    {
        await File.WriteAllTextAsync(At(name), content);
        Assert.True(Machine.Succeeds("chmod", "+x", At(name)));
    }

    private string At(string name) => Path.Combine(folder, name);
}
