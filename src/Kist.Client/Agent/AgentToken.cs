using Kist.Crypto;

namespace Kist.Client.Agent;

/// <summary>The token that the agent's login gave last, for all parts of the agent that speak to the server. Thread-safe.</summary>
public sealed class AgentToken
{
    private readonly Lock gate = new();
    private SecretText? current;
    private TaskCompletionSource changed = New();
    private TaskCompletionSource doubted = New();

    /// <summary>The token; null before the first login, and from the moment that the server refused the last one until there is another.</summary>
    public SecretText? Current
    {
        get
        {
            lock (gate)
                return current;
        }
    }

    /// <summary>Takes a new token, or null when the last one is refused, and wakes whoever waits.</summary>
    public void Set(SecretText? token)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            current = token;
            (wake, changed) = (changed, New());
        }
        wake.SetResult();
    }

    /// <summary>
    /// Waits until there is a token other than <paramref name="known"/>; null for any. Whoever waits for another one has seen the known one refused:
    /// its keeper is told to look at it.
    /// </summary>
    public Task<SecretText> WaitAsync(SecretText? known, CancellationToken cancellation)
    {
        if (known is not null)
            Doubt(known);
        return NextAsync(known, cancellation);
    }

    /// <summary>This token was seen refused: its keeper is told to look at it.</summary>
    public void Doubt(SecretText refused)
    {
        lock (gate)
        {
            if (refused.Equals(current))
                doubted.TrySetResult();
        }
    }

    /// <summary>Waits until there is a token other than <paramref name="known"/>, with which nothing is wrong; null for any.</summary>
    public async Task<SecretText> NextAsync(SecretText? known, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (current is not null && !current.Equals(known))
                    return current;
                next = changed.Task;
            }
            await next.WaitAsync(cancellation);
        }
    }

    /// <summary>Waits until somebody has seen the token refused since this was last called.</summary>
    public async Task DoubtedAsync(CancellationToken cancellation)
    {
        Task doubt;
        lock (gate)
            doubt = doubted.Task;
        await doubt.WaitAsync(cancellation);
        lock (gate)
        {
            if (doubted.Task.IsCompleted)
                doubted = New();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
