using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Servers that tests start do not outlive them.</summary>
public sealed class GuardianTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Server_ends_with_the_process_that_started_it()
    {
        await using var host = KistProcess.Start(BuiltProgram.Start("sleep", ["1000"]));
        await using var server = KistProcess.Start(Guardian.Start("sleep", ["1000"], host.Id));
        await host.KillAsync();
        Assert.True(await server.EndsWithinAsync(Patience, default));
        Assert.Equal(128 + Signals.Kill, server.ExitCode);
    }

    [Fact]
    public async Task Guarded_program_has_its_arguments_its_output_and_its_exit_code()
    {
        var ended = await KistProcess.RunAsync(Guardian.Start("/bin/sh", ["-c", "echo \"$1\"; exit 7", "x", "two words"]), Patience, "", default);
        Assert.Equal((7, "two words\n"), (ended.ExitCode, ended.Output));
    }
}
