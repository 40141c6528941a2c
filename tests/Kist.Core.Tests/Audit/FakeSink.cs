using System.Text;
using Kist.Core.Audit;

namespace Kist.Core.Tests.Audit;

/// <summary>A sink in memory that fails or hangs on demand.</summary>
internal sealed class FakeSink : IAuditSink
{
    private readonly ManualResetEventSlim open = new(true);
    private readonly SemaphoreSlim entered = new(0);
    private readonly List<string> bursts = [];

    public string? Fault { get; set; }

    public int Reopened { get; private set; }

    public bool Disposed { get; private set; }

    /// <summary>What each write got.</summary>
    public IReadOnlyList<string> Bursts
    {
        get
        {
            lock (bursts)
                return [.. bursts];
        }
    }

    public IReadOnlyList<string> Lines => [.. string.Concat(Bursts).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    public void Block() => open.Reset();

    public void Unblock() => open.Set();

    /// <summary>Ends when another write has begun.</summary>
    public Task EnteredAsync() => entered.WaitAsync();

    public void Write(ReadOnlySpan<byte> lines)
    {
        var text = Encoding.UTF8.GetString(lines);
        entered.Release();
        open.Wait();
        if (Fault is { } fault)
            throw new IOException(fault);
        lock (bursts)
            bursts.Add(text);
    }

    public void Reopen()
    {
        entered.Release();
        open.Wait();
        if (Fault is { } fault)
            throw new IOException(fault);
        Reopened++;
    }

    public void Dispose() => Disposed = true;
}
