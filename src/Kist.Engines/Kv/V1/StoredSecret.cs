using System.Buffers.Binary;

namespace Kist.Engines.Kv.V1;

/// <summary>
/// A v1 secret. Stored as <c>schema (1 byte) | lifetime (8) | data</c>: the lifetime in seconds, big-endian, -1 for none, so that a read does not
/// look for it in the data.
/// </summary>
/// <param name="Lifetime">How long the writer wants readers to rely on it; null for the mount's default.</param>
/// <param name="Data">The client's JSON object, byte for byte.</param>
internal readonly record struct StoredSecret(TimeSpan? Lifetime, ReadOnlyMemory<byte> Data)
{
    /// <summary>Bytes before the data.</summary>
    public const int HeaderBytes = 9;

    private const byte Schema = 1;

    /// <summary>Reads a stored entry; the data is a part of <paramref name="stored"/>, not a copy.</summary>
    /// <exception cref="InvalidDataException">Another layout.</exception>
    public static StoredSecret Parse(ReadOnlyMemory<byte> stored)
    {
        if (stored.Length < HeaderBytes || stored.Span[0] != Schema)
            throw new InvalidDataException("a stored secret has a layout that this program does not know");
        var seconds = BinaryPrimitives.ReadInt64BigEndian(stored.Span[1..]);
        return new(seconds < 0 ? null : TimeSpan.FromSeconds(seconds), stored[HeaderBytes..]);
    }

    /// <summary>The stored form.</summary>
    public byte[] ToBytes()
    {
        var stored = new byte[HeaderBytes + Data.Length];
        stored[0] = Schema;
        BinaryPrimitives.WriteInt64BigEndian(stored.AsSpan(1), Lifetime is { } lifetime ? (long)lifetime.TotalSeconds : -1);
        Data.Span.CopyTo(stored.AsSpan(HeaderBytes));
        return stored;
    }
}
