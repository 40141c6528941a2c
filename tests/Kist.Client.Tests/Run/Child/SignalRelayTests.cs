using System.Globalization;
using Kist.Client.Run.Child;
using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Run.Child;

/// <summary>Signals to this process, on their way to a child.</summary>
public sealed class SignalRelayTests
{
    private const int UserSignal = 12;

    // A child may be seen, and a signal for it sent, before the system has told who it is.
    [Fact]
    public async Task Signal_that_comes_before_the_child_is_known_reaches_it()
    {
        using var folder = new TemporaryFolder();
        using var relay = new SignalRelay(killsOnAnySecond: false);
        using var environment = new ChildEnvironment(ChildEnvironment.OfThisProcess());
        var ready = folder.At("ready");
        var child = ChildProcess.Start("/bin/sh", ["sh", "-c", $"trap 'exit 5' USR2; : > {ready}; while :; do sleep 0.01; done"], environment);
        while (!File.Exists(ready))
            await Task.Delay(5);
        var own = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var kill = ChildProcess.Start("/bin/sh", ["sh", "-c", $"kill -{UserSignal} {own}"], environment);
        await kill.EndAsync(() => { });
        // The runtime hands the signal on by a thread of its own.
        while (relay.Waiting == 0)
            await Task.Delay(5);
        relay.Attach(child);
        Assert.Equal(5, (await child.EndAsync(() => { })).ExitCode);
        Assert.Equal(0, relay.Waiting);
    }
}
