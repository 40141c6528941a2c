namespace Kist.Wire.Etcd;

/// <summary>Which keys a request is about.</summary>
public readonly record struct EtcdKeys
{
    // As a first key: the smallest there is. As an end: none.
    private static readonly byte[] Zero = [0];

    private EtcdKeys(ReadOnlyMemory<byte> from, ReadOnlyMemory<byte> end)
    {
        From = from;
        End = end;
    }

    /// <summary>The first key.</summary>
    public ReadOnlyMemory<byte> From { get; }

    /// <summary>The end of the range, exclusive, as etcd writes it: empty for <see cref="From"/> alone, one zero byte for no end.</summary>
    public ReadOnlyMemory<byte> End { get; }

    /// <summary>Every key.</summary>
    public static EtcdKeys All { get; } = new(Zero, Zero);

    /// <summary>One key.</summary>
    public static EtcdKeys One(ReadOnlyMemory<byte> key) => new(key, default);

    /// <summary>From <paramref name="from"/> on, up to and without <paramref name="to"/>, in byte order.</summary>
    /// <exception cref="ArgumentException">
    /// <paramref name="to"/> is empty or one zero byte: no key is smaller, and etcd takes them for a single key and for no end.
    /// </exception>
    public static EtcdKeys Between(ReadOnlyMemory<byte> from, ReadOnlyMemory<byte> to)
    {
        if (to.Span is [] or [0])
            throw new ArgumentException("no key lies before the end of the range", nameof(to));
        return new(from.IsEmpty ? Zero : from, to);
    }

    /// <summary>All keys that begin with <paramref name="prefix"/>; every key when that is empty.</summary>
    public static EtcdKeys Prefix(ReadOnlyMemory<byte> prefix)
    {
        var last = prefix.Span.LastIndexOfAnyExcept((byte)0xFF);
        if (last < 0)
            return new(prefix.IsEmpty ? Zero : prefix, Zero);
        var end = prefix.Span[..(last + 1)].ToArray();
        end[last]++;
        return new(prefix, end);
    }

    /// <summary>What of these keys comes after <paramref name="key"/>.</summary>
    public EtcdKeys After(ReadOnlySpan<byte> key) => new((byte[])[.. key, 0], End);
}
