using System.Globalization;
using System.Security.Cryptography;
using Kist.Commands.Cli;
using Kist.Kubernetes.Encryption.Backup;

namespace Kist.Commands.Encryption.Files;

/// <summary>
/// A file that a cluster hangs on. A change is written beside it, brought to the disk and put in its place in one step, after a copy of what stood
/// there was kept; a crash at any point leaves the old file or the new one. Names beginning with a dot are what kubelet passes over among its
/// manifests.
/// </summary>
internal sealed class GuardedFile
{
    // Longer ones are none of those that are handled here; all that can be read can be sealed.
    private const int MaxBytes = SealedBackup.MaxContent;
    // The system's error where another process holds the lock; other errors have other causes.
    private const int WouldBlock = 11;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string folder;
    private readonly string name;

    /// <param name="path">The file; through a symbolic link, what it points to.</param>
    /// <exception cref="ExitException">The path is none, or cannot be followed.</exception>
    public GuardedFile(string path)
    {
        if (path.Length == 0)
            throw ExitException.Usage("the path of a file is empty: is a variable not set?");
        Given = path;
        Path = Do("look at", () => Target(new FileInfo(path)));
        folder = System.IO.Path.GetDirectoryName(Path) ?? "/";
        name = System.IO.Path.GetFileName(Path);
    }

    /// <summary>The path as the user gave it.</summary>
    public string Given { get; }

    /// <summary>Where the file lies.</summary>
    public string Path { get; }

    /// <summary>Whether it is there.</summary>
    public bool Exists => File.Exists(Path) || Directory.Exists(Path);

    /// <summary>Called before each step that a crash could follow, in tests.</summary>
    internal Action<string> Reached { get; init; } = static _ => { };

    private string Unfinished => System.IO.Path.Combine(folder, $".{name}.kist-new");

    private string Turn => System.IO.Path.Combine(folder, $".{name}.kist-lock");

    /// <summary>The content.</summary>
    /// <param name="most">Most bytes that are read.</param>
    /// <exception cref="ExitException">It cannot be read, or is longer.</exception>
    public byte[] Read(int most = MaxBytes) => Do("read", () =>
    {
        if (Directory.Exists(Path))
            throw new IOException("it is a folder");
        if (!FileOwner.IsRegularFile(Path))
            throw new IOException("it is no regular file; to lint, explain or restore what comes through a pipe, give - for standard input");
        using var stream = File.OpenRead(Path);
        if (stream.Length > most)
            throw new IOException($"it is longer than {most / (1024 * 1024)} MiB");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    });

    /// <summary>When it was changed last.</summary>
    public DateTimeOffset Changed => Do("look at", () => new DateTimeOffset(File.GetLastWriteTimeUtc(Path), TimeSpan.Zero));

    /// <summary>Makes the file, for its owner alone.</summary>
    /// <exception cref="ExitException">It is there already, or cannot be written; then nothing was changed.</exception>
    public void Create(ReadOnlySpan<byte> content)
    {
        RefuseToOverwrite();
        using var turn = Take();
        try
        {
            WriteUnfinished(content, OwnerOnly);
            Reached("place");
            File.Move(Unfinished, Path, overwrite: false);
            Reached("flush");
            FolderSync.Flush(folder);
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            File.Delete(Unfinished);
            RefuseToOverwrite();
            throw Fault("write", e);
        }
    }

    /// <summary>Replaces the content, keeping owner and mode.</summary>
    /// <param name="expected">What must stand there: somebody else's change is not lost.</param>
    /// <param name="content">The new content.</param>
    /// <param name="copy">The path that keeps the old content.</param>
    /// <exception cref="ExitException">Something else stands there, or the disk refuses; then the file is as it was.</exception>
    public void Replace(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> content, string copy)
    {
        using var turn = Take();
        var current = Read();
        try
        {
            if (!current.AsSpan().SequenceEqual(expected))
                throw ExitException.Failed($"{Given} was changed by somebody else meanwhile; nothing was written: look at it and run this again");
            var (mode, owner) = (File.GetUnixFileMode(Path), FileOwner.Of(Path));
            Reached("keep");
            Keep(copy, current, owner);
            Reached("write");
            WriteUnfinished(content, mode);
            owner.Give(Unfinished);
            Reached("place");
            File.Move(Unfinished, Path, overwrite: true);
            Reached("flush");
            FolderSync.Flush(folder);
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            File.Delete(Unfinished);
            throw Fault("write", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(current);
        }
    }

    /// <summary>A path for a copy, beside the file or in another folder, that does not exist yet.</summary>
    public string CopyPath(DateTimeOffset now, string? otherFolder = null)
    {
        var stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var path = System.IO.Path.Combine(otherFolder ?? folder, $"{name}.before-{stamp}");
        return Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? path : $"{path}-{i}").First(p => !File.Exists(p));
    }

    private static string Target(FileInfo file) =>
        file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;

    private static bool IsOfDisk(Exception e) => e is IOException or UnauthorizedAccessException;

    private static void Keep(string copy, ReadOnlySpan<byte> content, FileOwner owner)
    {
        try
        {
            WriteNew(copy, content, OwnerOnly);
            owner.Give(copy);
            FolderSync.Flush(System.IO.Path.GetDirectoryName(copy) ?? "/");
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            File.Delete(copy);
            throw;
        }
    }

    // What a crash left is nobody's: the turn is ours.
    private void WriteUnfinished(ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        File.Delete(Unfinished);
        WriteNew(Unfinished, content, mode);
    }

    private static void WriteNew(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OwnerOnly };
        using var stream = new FileStream(path, options);
        stream.Write(content);
        if (mode != OwnerOnly)
            File.SetUnixFileMode(stream.SafeFileHandle, mode);
        stream.Flush(flushToDisk: true);
    }

    private FileStream Take()
    {
        try
        {
            return new FileStream(Turn, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose,
                UnixCreateMode = OwnerOnly,
            });
        }
        catch (IOException e) when (e.HResult == WouldBlock)
        {
            throw ExitException.Failed($"{Given} is being changed by somebody else right now; nothing was written: look at it and run this again");
        }
        catch (DirectoryNotFoundException)
        {
            throw ExitException.Failed($"cannot write {Given}: there is no folder {folder}");
        }
        catch (Exception e) when (IsOfDisk(e))
        {
            throw Fault("write", e);
        }
    }

    private void RefuseToOverwrite()
    {
        if (Exists)
            throw ExitException.Failed($"{Given} exists and is not overwritten: move it away, or name another file");
    }

    private T Do<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (IsOfDisk(e) || e is ArgumentException)
        {
            throw Fault(what, e);
        }
    }

    private ExitException Fault(string what, Exception e) => ExitException.Failed($"cannot {what} {Given}: {e.Message}");
}
