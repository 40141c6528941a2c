namespace Kist.Crypto.Tests;

public class LeasePoolTests
{
    [Fact]
    public void What_was_returned_is_handed_out_again()
    {
        using var pool = new LeasePool<Leased>(() => new Leased());
        var first = pool.Rent();
        pool.Return(first);
        Assert.Same(first, pool.Rent());
    }

    [Fact]
    public void What_is_leased_is_handed_out_to_nobody_else()
    {
        using var pool = new LeasePool<Leased>(() => new Leased());
        var leased = Enumerable.Range(0, 100).Select(_ => pool.Rent()).ToArray();
        Assert.Equal(100, leased.Distinct().Count());
    }

    [Fact]
    public void What_finds_no_room_is_disposed()
    {
        using var pool = new LeasePool<Leased>(() => new Leased());
        var leased = Enumerable.Range(0, 1_000).Select(_ => pool.Rent()).ToArray();
        foreach (var item in leased)
            pool.Return(item);
        Assert.InRange(leased.Count(item => !item.Disposed), 1, Math.Max(4, Environment.ProcessorCount));
    }

    [Fact]
    public void Disposal_ends_what_is_there_at_once_and_what_is_leased_on_its_return()
    {
        var pool = new LeasePool<Leased>(() => new Leased());
        var (there, leased) = (pool.Rent(), pool.Rent());
        pool.Return(there);
        pool.Dispose();
        Assert.True(there.Disposed);
        Assert.False(leased.Disposed);
        pool.Return(leased);
        Assert.True(leased.Disposed);
        Assert.Throws<ObjectDisposedException>(pool.Rent);
    }

    [Fact]
    public async Task Many_threads_never_hold_one_object_together()
    {
        using var pool = new LeasePool<Leased>(() => new Leased());
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            var shared = 0;
            for (var i = 0; i < 50_000; i++)
            {
                var item = pool.Rent();
                if (Interlocked.Increment(ref item.Holders) != 1)
                    shared++;
                Interlocked.Decrement(ref item.Holders);
                pool.Return(item);
            }
            return shared;
        }));
        Assert.All(await Task.WhenAll(workers), shared => Assert.Equal(0, shared));
    }

    private sealed class Leased : IDisposable
    {
        public int Holders;

        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }
}
