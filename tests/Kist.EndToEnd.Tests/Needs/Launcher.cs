using Kist.Harness;

namespace Kist.EndToEnd.Tests.Needs;

/// <summary><c>./kist</c>, the script that people start the program with. It builds on first use, for which the tests wait once.</summary>
public static class Launcher
{
    private static readonly TimeSpan PatienceWithBuild = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task<string>> Built = new(BuildAsync);

    /// <summary>The script's path, once it starts without delay.</summary>
    public static Task<string> ReadyAsync() => Built.Value;

    private static async Task<string> BuildAsync()
    {
        var script = Path.Combine(BuiltProgram.Repository, "kist");
        var ended = await KistProcess.RunAsync(BuiltProgram.Start(script, ["version"]), PatienceWithBuild, "", CancellationToken.None);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return script;
    }
}
