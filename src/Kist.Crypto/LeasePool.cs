namespace Kist.Crypto;

/// <summary>
/// Hands out objects that are costly to make and not thread-safe, each to one thread at a time. Without locks on the way: a slot a processor, searched from
/// the caller's own. What finds no free slot on return is disposed.
/// </summary>
internal sealed class LeasePool<T> : IDisposable
    where T : class, IDisposable
{
    // Slots stand a cache line apart, so that processors do not contend for one.
    private const int Stride = 8;
    private static readonly int SlotCount = Math.Max(4, Environment.ProcessorCount);

    private readonly Func<T> make;
    private readonly Lock gate = new();
    private readonly T?[] slots = new T?[SlotCount * Stride];
    private volatile bool disposed;

    /// <param name="make">Never runs during or after <see cref="Dispose"/>, so the key it reads may be wiped then.</param>
    public LeasePool(Func<T> make) => this.make = make;

    /// <summary>Takes an object that nobody else holds; give it back with <see cref="Return"/>, or dispose it when its state is in doubt.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    public T Rent()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var start = Thread.GetCurrentProcessorId();
        for (var i = 0; i < SlotCount; i++)
        {
            ref var slot = ref Slot(start + i);
            if (slot is not null && Interlocked.Exchange(ref slot, null) is { } item)
                return item;
        }
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return make();
        }
    }

    /// <summary>Gives back what <see cref="Rent"/> handed out.</summary>
    public void Return(T item)
    {
        var start = Thread.GetCurrentProcessorId();
        for (var i = 0; i < SlotCount; i++)
        {
            ref var slot = ref Slot(start + i);
            if (slot is not null || Interlocked.CompareExchange(ref slot, item, null) is not null)
                continue;
            if (disposed)
                Drain();
            return;
        }
        item.Dispose();
    }

    /// <summary>Disposes what is in the pool now, and what is leased on its return.</summary>
    public void Dispose()
    {
        lock (gate)
            disposed = true;
        Drain();
    }

    private ref T? Slot(int number) => ref slots[(int)((uint)number % (uint)SlotCount) * Stride];

    private void Drain()
    {
        for (var i = 0; i < SlotCount; i++)
            Interlocked.Exchange(ref Slot(i), null)?.Dispose();
    }
}
