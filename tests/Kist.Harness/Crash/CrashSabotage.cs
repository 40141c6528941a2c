namespace Kist.Harness.Crash;

/// <summary>What a test of the crash rounds themselves does to the server behind their back, to see that they find it.</summary>
public sealed record CrashSabotage
{
    /// <summary>While the writers write.</summary>
    public Func<KistServer, Task> BeforeTheKill { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Before the restarted server is compared with what was acknowledged.</summary>
    public Func<KistServer, Task> AfterTheRestart { get; init; } = static _ => Task.CompletedTask;
}
