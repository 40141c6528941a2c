namespace Kist.Client.Tests.Hosting.Agent;

/// <summary>A clock that the test sets; what waits for it waits in real time.</summary>
internal sealed class SetTime : TimeProvider
{
    private DateTimeOffset now = new(2026, 11, 27, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Pass(TimeSpan span) => now += span;
}
