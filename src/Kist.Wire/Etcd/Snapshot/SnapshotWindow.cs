namespace Kist.Wire.Etcd.Snapshot;

/// <summary>Reads small pieces of a file through a buffer. For one thread.</summary>
internal sealed class SnapshotWindow(SnapshotFile file)
{
    /// <summary>The largest piece.</summary>
    public const int MaxBytes = 16 * 1024;

    private readonly byte[] buffer = new byte[MaxBytes];
    private long start;
    private int count;

    /// <summary>The bytes at <paramref name="offset"/>, until the next call.</summary>
    /// <exception cref="EtcdSnapshotException">They are not within the database.</exception>
    public ReadOnlySpan<byte> Read(long offset, int length)
    {
        if (offset < start || offset + length > start + count)
        {
            // Clear until it is filled again: a failed read leaves nothing that looks read.
            count = 0;
            var filling = (int)Math.Clamp(file.Length - offset, length, MaxBytes);
            file.Read(offset, buffer.AsSpan(0, filling));
            start = offset;
            count = filling;
        }
        return buffer.AsSpan((int)(offset - start), length);
    }
}
