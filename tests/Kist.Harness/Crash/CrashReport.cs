using System.Collections.Concurrent;

namespace Kist.Harness.Crash;

/// <summary>What was counted and what was found wrong.</summary>
public sealed class CrashReport
{
    private readonly ConcurrentQueue<string> faults = new();
    private int acknowledged, landed;

    /// <summary>Changes that the server acknowledged.</summary>
    public int Acknowledged => acknowledged;

    /// <summary>Changes that were on their way at a kill and turned out to be stored.</summary>
    public int Landed => landed;

    /// <summary>Each lost write, half transaction or damaged file; empty when all is well.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    internal void Acknowledge() => Interlocked.Increment(ref acknowledged);

    internal void Land() => Interlocked.Increment(ref landed);

    internal void Require(bool condition, string fault)
    {
        if (!condition)
            faults.Enqueue(fault);
    }
}
