using System.Text;

namespace Kist.Core.Storage;

/// <summary>A key of the store: bytes, compared and ordered as unsigned bytes. At most <see cref="StoreLimits.KeyBytes"/> long, never empty.</summary>
public readonly struct StoreKey : IEquatable<StoreKey>, IComparable<StoreKey>
{
    private readonly byte[]? bytes;

    /// <summary>Takes ownership of <paramref name="bytes"/>; the caller must not change them afterwards.</summary>
    /// <exception cref="ArgumentException">Empty.</exception>
    /// <exception cref="StoreLimitException">Longer than <see cref="StoreLimits.KeyBytes"/>.</exception>
    public StoreKey(byte[] bytes)
    {
        if (bytes.Length == 0)
            throw new ArgumentException("a store key is not empty", nameof(bytes));
        if (bytes.Length > StoreLimits.KeyBytes)
            throw new StoreLimitException($"a store key has at most {StoreLimits.KeyBytes} bytes");
        this.bytes = bytes;
    }

    /// <summary>The key's bytes.</summary>
    public ReadOnlySpan<byte> Span => bytes;

    /// <summary>The key's bytes, not copied: do not write to them.</summary>
    public byte[] Bytes => bytes ?? [];

    /// <summary>The smallest key that is greater than every key with this prefix.</summary>
    /// <exception cref="InvalidOperationException">All bytes are 0xFF, so no such key exists.</exception>
    public StoreKey PrefixEnd()
    {
        var end = Bytes.ToArray();
        for (var i = end.Length - 1; i >= 0; i--)
        {
            if (++end[i] != 0)
                return new StoreKey(end[..(i + 1)]);
        }
        throw new InvalidOperationException("a prefix of 0xFF bytes has no end");
    }

    /// <summary>The smallest key that is greater than this one.</summary>
    public StoreKey Successor() => Span.Length < StoreLimits.KeyBytes ? new([.. Span, 0]) : PrefixEnd();

    /// <inheritdoc/>
    public int CompareTo(StoreKey other) => Span.SequenceCompareTo(other.Span);

    /// <inheritdoc/>
    public bool Equals(StoreKey other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is StoreKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Printable form: ASCII as is, other bytes as <c>\xNN</c>. Key names are not secret (see the threat model).</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var b in Span)
            _ = b is >= 0x20 and < 0x7f and not (byte)'\\' ? text.Append((char)b) : text.Append("\\x").Append(b.ToString("x2", null));
        return text.ToString();
    }

    /// <summary>Equality of bytes.</summary>
    public static bool operator ==(StoreKey left, StoreKey right) => left.Equals(right);

    /// <summary>Inequality of bytes.</summary>
    public static bool operator !=(StoreKey left, StoreKey right) => !left.Equals(right);

    /// <summary>Byte order.</summary>
    public static bool operator <(StoreKey left, StoreKey right) => left.CompareTo(right) < 0;

    /// <summary>Byte order.</summary>
    public static bool operator >(StoreKey left, StoreKey right) => left.CompareTo(right) > 0;

    /// <summary>Byte order.</summary>
    public static bool operator <=(StoreKey left, StoreKey right) => left.CompareTo(right) <= 0;

    /// <summary>Byte order.</summary>
    public static bool operator >=(StoreKey left, StoreKey right) => left.CompareTo(right) >= 0;
}
