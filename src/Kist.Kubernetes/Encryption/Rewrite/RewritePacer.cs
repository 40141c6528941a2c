namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>Lets one through at a time, evenly spread. Whoever comes late does not make those behind it hurry.</summary>
internal sealed class RewritePacer(double? perSecond, TimeProvider time)
{
    private readonly Lock mutex = new();
    private readonly long start = time.GetTimestamp();
    private TimeSpan next;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        if (perSecond is not { } rate)
            return Task.CompletedTask;
        TimeSpan wait;
        lock (mutex)
        {
            var now = time.GetElapsedTime(start);
            next = next > now ? next : now;
            wait = next - now;
            next += TimeSpan.FromSeconds(1 / rate);
        }
        return wait > TimeSpan.Zero ? Task.Delay(wait, time, cancellationToken) : Task.CompletedTask;
    }
}
