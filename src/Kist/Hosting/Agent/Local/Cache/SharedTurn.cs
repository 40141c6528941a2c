namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>A request that several callers wait for. It is given up when the last of them has left, and not before. Thread-safe.</summary>
/// <param name="ended">Called once, when nobody can join it any more.</param>
internal sealed class SharedTurn(Action<SharedTurn> ended) : IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource allLeft = new();
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration first;
    private int waiting = 1;
    private bool isOver;

    /// <summary>Nobody waits any more.</summary>
    public CancellationToken AllLeft => allLeft.Token;

    /// <summary>Completes when it is answered, or has failed.</summary>
    public Task Ended => done.Task;

    /// <summary>Waits for it, too; to be followed by <see cref="Leave"/>.</summary>
    /// <returns>False when all have left it.</returns>
    public bool TryJoin()
    {
        lock (gate)
        {
            if (waiting == 0)
                return false;
            waiting++;
            return true;
        }
    }

    /// <summary>Leaves for the one who began it, when that one goes.</summary>
    public void LeaveOn(CancellationToken gone) => first = gone.UnsafeRegister(static turn => ((SharedTurn)turn!).Leave(), this);

    /// <summary>One waits no more.</summary>
    public void Leave()
    {
        lock (gate)
        {
            if (--waiting > 0 || isOver)
                return;
            // Its callbacks run elsewhere.
            _ = allLeft.CancelAsync();
        }
    }

    /// <summary>Ends it for all.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isOver)
                return;
            isOver = true;
        }
        first.Dispose();
        ended(this);
        done.TrySetResult();
        allLeft.Dispose();
    }
}
