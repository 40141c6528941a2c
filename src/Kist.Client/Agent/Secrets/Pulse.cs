namespace Kist.Client.Agent.Secrets;

/// <summary>Wakes all who wait for it; who waits from then on waits for the next time. Thread-safe.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource next = New();

    /// <summary>Completes the next time.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Wakes them. Continuations run elsewhere, so that a lock may be held.</summary>
    public void Send() => Interlocked.Exchange(ref next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
