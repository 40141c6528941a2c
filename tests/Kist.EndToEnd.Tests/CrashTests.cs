using System.Globalization;
using Kist.Harness;
using Kist.Harness.Crash;
using Xunit.Abstractions;

namespace Kist.EndToEnd.Tests;

/// <summary>SIGKILL under concurrent writes. <c>bench/crash</c> runs the same with more rounds.</summary>
public sealed class CrashTests(ITestOutputHelper output)
{
    private const int Rounds = 25;

    [Fact]
    public async Task Acknowledged_writes_survive_kills_and_transactions_stay_whole()
    {
        var report = await CrashRounds.RunAsync(Rounds, (round, r) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round}: {r.Acknowledged} acknowledged")));
        Assert.Empty(report.Faults);
        Assert.True(report.Acknowledged > Rounds * 20, $"only {report.Acknowledged} writes were acknowledged: the rounds prove little");
    }

    [Fact]
    public async Task Server_that_crashes_by_itself_is_a_fault_and_not_taken_for_the_kill()
    {
        var report = await CrashRounds.RunAsync(1, (_, _) => { }, new CrashSabotage { BeforeTheKill = AbortAsync });
        Assert.Contains(report.Faults, f => f.Contains("ended by itself before the kill", StringComparison.Ordinal));
        Assert.Contains(report.Faults, f => f.Contains($"by itself with {128 + Signals.Abort}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_that_loses_its_writers_is_a_fault_even_if_it_is_back_at_the_kill()
    {
        var report = await CrashRounds.RunAsync(1, (_, _) => { }, new CrashSabotage { BeforeTheKill = server => server.RestartAsync() });
        Assert.Contains(report.Faults, f => f.Contains("writers lost their connection", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Mount_with_secrets_that_is_lost_is_a_fault()
    {
        var report = await CrashRounds.RunAsync(1, (_, _) => { }, new CrashSabotage { AfterTheRestart = ReplaceMountAsync });
        Assert.Contains(report.Faults, f => f.StartsWith("mounts: another mount is there", StringComparison.Ordinal));
    }

    private static async Task AbortAsync(KistServer server)
    {
        // The runtime takes the first for a part of an abort of its own, and goes on.
        for (var i = 0; i < 100 && !server.Process.HasExited; i++)
        {
            server.Process.Signal(Signals.Abort);
            await server.Process.EndsWithinAsync(TimeSpan.FromMilliseconds(200), default);
        }
        Assert.True(server.Process.HasExited);
    }

    private static async Task ReplaceMountAsync(KistServer server)
    {
        _ = await server.Api.DeleteAsync("sys/mounts/cycle");
        (await server.Api.WriteAsync("sys/mounts/cycle", new { type = "kv", description = "behind your back", options = new { version = "2" } })).Good();
    }
}
