using Kist.Client.Agent.Secrets;
using Kist.Client.Run.Manifest;

namespace Kist.Client.Run.Files;

/// <summary>A file that was put at a path of the user's choice. Disposal removes it.</summary>
internal interface IPushedFile : IDisposable
{
    /// <summary>Makes another content for its place.</summary>
    /// <exception cref="RunException">It cannot be written.</exception>
    Replacement Prepare(ReadOnlySpan<byte> content);
}

/// <summary>Puts files in place.</summary>
public static class PushedFile
{
    private const string Processes = "/proc/";
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode ForGroup = UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
    private const UnixFileMode ForOthers = UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
    private const UnixFileMode OfGroup = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;
    private const UnixFileMode OfOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>
    /// Puts a file in place. One for its owner alone is a link to a <see cref="MemoryFile"/>, so that no disk ever has the value and a SIGKILL
    /// leaves a link to nothing; what stood there before comes back at the end, after a SIGKILL by a guard's hand. One for a group or for others must be
    /// a file on disk, since the kernel lets them open no other, and goes after a SIGKILL by a guard's hand; so is every file where Summon's ways are
    /// asked for.
    /// </summary>
    /// <param name="file">What and where.</param>
    /// <param name="content">What it holds.</param>
    /// <param name="likeSummon">Whether it is to be as Summon has it.</param>
    /// <param name="guard">Removes files on disk after a SIGKILL; null when nobody does.</param>
    /// <param name="tell">Is told at the end when something else has the place. Never a value.</param>
    /// <exception cref="RunException">It cannot be written, or another is there; nothing has changed.</exception>
    internal static IPushedFile Put(FileSpec file, ReadOnlySpan<byte> content, bool likeSummon, FileGuard? guard, Action<string>? tell = null)
    {
        var path = Path.GetFullPath(file.Path);
        var isShared = (file.Permissions & (OfGroup | OfOthers)) != UnixFileMode.None;
        tell ??= static _ => { };
        try
        {
            if (path is "/dev/stdin" or "/dev/stdout" or "/dev/stderr" || path.StartsWith("/dev/fd/", StringComparison.Ordinal))
                throw Failure(file, "it is a stream of this process, and no file");
            if (path.StartsWith(Processes, StringComparison.Ordinal))
                throw Failure(file, $"no files can be put below {Processes}");
            CreateFolder(path, file.Permissions);
            using var held = FolderLock.Take(Path.GetDirectoryName(path)!);
            MakeRoom(path, file, likeSummon);
            return likeSummon || isShared
                ? PlainFile.Put(path, file, content, keepsEarlier: !likeSummon, guard, tell)
                : LinkedFile.Put(path, file, content, guard, tell);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(file, e.Message);
        }
    }

    // Of what stands there, only a file can be kept or replaced: a pipe or a device, such as /dev/stdout leads to, would be lost to all who use it.
    private static void MakeRoom(string path, FileSpec file, bool likeSummon)
    {
        if (LinkedFile.IsLeft(path, path))
        {
            if (likeSummon)
                File.Delete(path);
            return;
        }
        if (!file.Overwrite && (Path.Exists(path) || LinkedFile.IsOfARun(path)))
            throw RunException.Secret($"file already exists at \"{file.Path}\" and overwrite is not enabled");
        if (Directory.Exists(path))
            throw Failure(file, "it is a directory");
        if (FileStamp.Of(path) is { IsRegular: false })
            throw Failure(file, "it is a pipe, a device or the like, and no file");
    }

    private static RunException Failure(FileSpec file, string reason) =>
        RunException.Secret($"error writing secret file for path {file.Path}: {reason}");

    private static void CreateFolder(string path, UnixFileMode permissions)
    {
        var mode = ForOwner
            | ((permissions & (OfGroup | OfOthers)) != UnixFileMode.None ? ForGroup : UnixFileMode.None)
            | ((permissions & OfOthers) != UnixFileMode.None ? ForOthers : UnixFileMode.None);
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
            Directory.CreateDirectory(folder, mode);
    }
}
