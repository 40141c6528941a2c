using Kist.Core.Storage;

namespace Kist.Storage.Sqlite;

/// <summary>
/// The claim of one process on the database file: an advisory lock (flock) on a file beside it, which the system drops when the process ends, however it ends.
/// It is not on the database itself, because closing any handle of that would drop SQLite's own locks.
/// </summary>
internal sealed class FileOwner : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // EAGAIN: the lock is taken.
    private const int WouldBlock = 11;

    private readonly FileStream claim;

    private FileOwner(FileStream claim) => this.claim = claim;

    /// <summary>Claims <paramref name="path"/> and makes it, with the files that SQLite puts beside it, readable for its owner only.</summary>
    /// <exception cref="StoreUnavailableException">Another process, or another store of this one, has it; or the directory refuses.</exception>
    public static FileOwner Claim(string path)
    {
        var directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(directory))
            throw new StoreUnavailableException($"the directory {directory} of the database does not exist: create it");
        FileStream? taken = null;
        try
        {
            taken = Open(path + "-lock", FileShare.None);
            // SQLite gives its log and index the mode of the database.
            Open(path, FileShare.ReadWrite | FileShare.Delete).Dispose();
            foreach (var file in new[] { path, path + "-wal", path + "-shm" }.Where(File.Exists))
                File.SetUnixFileMode(file, OwnerOnly);
            return new FileOwner(taken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            taken?.Dispose();
            throw new StoreUnavailableException(
                e.HResult == WouldBlock
                    ? $"the database {path} is in use by another process: stop that one first, or name another file"
                    : $"the database {path} cannot be opened for writing: {e.Message}",
                e);
        }
    }

    /// <summary>Gives the file up. The lock file stays: removing it would let two processes lock two files of one name.</summary>
    public void Dispose() => claim.Dispose();

    private static FileStream Open(string path, FileShare share) => new(path, new FileStreamOptions
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        Share = share,
        BufferSize = 0,
        UnixCreateMode = OwnerOnly,
    });
}
