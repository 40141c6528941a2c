namespace Kist.EndToEnd.Tests.Needs;

/// <summary>A mounted file system that is soon full.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Its root.</summary>
    public string Path { get; }

    /// <summary>Mounts a tmpfs of <paramref name="size"/> (such as 8m).</summary>
    public static SmallDisk Mount(string size)
    {
        var path = Directory.CreateTempSubdirectory("kist-disk-").FullName;
        if (!Machine.Succeeds("mount", "-t", "tmpfs", "-o", $"size={size},mode=0700", "kist-test", path))
        {
            Directory.Delete(path);
            throw new InvalidOperationException($"cannot mount a tmpfs at {path}");
        }
        return new SmallDisk(path);
    }

    /// <summary>Unmounts it.</summary>
    public void Dispose()
    {
        // Lazily: a server that still ends does not keep it.
        Machine.Succeeds("umount", "--lazy", Path);
        Directory.Delete(Path);
    }
}
