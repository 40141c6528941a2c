namespace Kist.Storage.Sqlite;

/// <summary>
/// Idle readers. A read is synchronous, so that there are never more readers at work than threads: nobody waits for one, a few are kept, the rest is closed.
/// </summary>
internal sealed class ReaderPool(string path) : IDisposable
{
    private readonly Reader?[] idle = new Reader?[Math.Max(4, Environment.ProcessorCount * 2)];
    private volatile bool closed;

    /// <summary>Runs a read on an idle reader. A reader whose read failed is not used again.</summary>
    public T Read<T>(Func<Reader, T> read)
    {
        var reader = Take() ?? new Reader(path);
        try
        {
            var answer = read(reader);
            Return(reader);
            return answer;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Closes the idle readers; those at work close when they are done.</summary>
    public void Dispose()
    {
        closed = true;
        while (Take() is { } reader)
            reader.Dispose();
    }

    private Reader? Take()
    {
        for (var i = 0; i < idle.Length; i++)
        {
            if (idle[i] is not null && Interlocked.Exchange(ref idle[i], null) is { } reader)
                return reader;
        }
        return null;
    }

    private void Return(Reader reader)
    {
        for (var i = 0; i < idle.Length && !closed; i++)
        {
            if (idle[i] is null && Interlocked.CompareExchange(ref idle[i], reader, null) is null)
            {
                if (closed)
                    Dispose();
                return;
            }
        }
        reader.Dispose();
    }
}
