using System.Diagnostics.CodeAnalysis;

namespace Kist.Auth.Kubernetes;

/// <summary>Lets few in at once, and so many wait; further ones are sent away. A cluster has its own, so that one that hangs holds up no other.</summary>
[SuppressMessage("Design", "CA1001", Justification = "It lives as long as who uses it, and the semaphore has no handle to free.")]
internal sealed class TurnQueue(int atOnce, int mostWaiting)
{
    private readonly SemaphoreSlim turns = new(atOnce);
    private int waiting;

    /// <summary>Waits for a turn, which <see cref="Leave"/> ends; false when too many wait.</summary>
    public async ValueTask<bool> TryEnterAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref waiting) > mostWaiting)
                return false;
            await turns.WaitAsync(cancellationToken);
            return true;
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <summary>Ends a turn.</summary>
    public void Leave() => turns.Release();
}
