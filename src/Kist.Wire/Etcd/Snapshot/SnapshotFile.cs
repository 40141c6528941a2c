using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Kist.Wire.Etcd.Snapshot;

/// <summary>The bytes of a database file, and the digest that follows them in a snapshot.</summary>
internal sealed class SnapshotFile : IDisposable
{
    private const int BlockBytes = 1024 * 1024;

    // Databases are whole sectors, by which etcd tells that a digest follows.
    private const int SectorBytes = 512;

    private readonly SafeFileHandle handle;

    private SnapshotFile(SafeFileHandle handle, string path)
    {
        this.handle = handle;
        Path = path;
        var length = RandomAccess.GetLength(handle);
        HasDigest = length % SectorBytes == SHA256.HashSizeInBytes;
        Length = HasDigest ? length - SHA256.HashSizeInBytes : length;
    }

    public string Path { get; }

    /// <summary>Size of the database.</summary>
    public long Length { get; }

    /// <summary>True when a digest follows the database: not so in a copy of a member's own file.</summary>
    public bool HasDigest { get; }

    /// <exception cref="EtcdSnapshotException">The file cannot be opened.</exception>
    public static SnapshotFile Open(string path)
    {
        SafeFileHandle? opened = null;
        try
        {
            opened = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            return new SnapshotFile(opened, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            opened?.Dispose();
            throw new EtcdSnapshotException($"cannot read {path}: {e.Message}", e);
        }
    }

    /// <summary>Reads bytes of the database.</summary>
    /// <exception cref="EtcdSnapshotException">They are not there.</exception>
    public void Read(long offset, Span<byte> bytes)
    {
        if (offset < 0 || bytes.Length > Length - offset)
            throw new EtcdSnapshotException($"{Path} is damaged: {bytes.Length} bytes at {offset} are not within the database");
        while (bytes.Length > 0)
        {
            var read = ReadSome(offset, bytes);
            offset += read;
            bytes = bytes[read..];
        }
    }

    /// <summary>Compares the database with the digest behind it.</summary>
    /// <exception cref="EtcdSnapshotException">They differ.</exception>
    public void CheckDigest(CancellationToken cancellationToken)
    {
        using var hash = SHA256.Create();
        var block = new byte[BlockBytes];
        for (var offset = 0L; offset < Length; offset += block.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(block.Length, Length - offset);
            Read(offset, block.AsSpan(0, count));
            hash.TransformBlock(block, 0, count, null, 0);
        }
        hash.TransformFinalBlock([], 0, 0);
        var digest = new byte[SHA256.HashSizeInBytes];
        if (ReadSome(Length, digest) < digest.Length || !hash.Hash.AsSpan().SequenceEqual(digest))
            throw new EtcdSnapshotException($"{Path} is damaged: the SHA-256 digest at its end is not that of the database before it");
    }

    public void Dispose() => handle.Dispose();

    private int ReadSome(long offset, Span<byte> bytes)
    {
        try
        {
            var read = RandomAccess.Read(handle, bytes, offset);
            return read > 0 ? read : throw new EtcdSnapshotException($"{Path} became shorter while it was read");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtcdSnapshotException($"cannot read {Path}: {e.Message}", e);
        }
    }
}
