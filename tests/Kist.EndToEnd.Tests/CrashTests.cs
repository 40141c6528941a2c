using System.Globalization;
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
}
