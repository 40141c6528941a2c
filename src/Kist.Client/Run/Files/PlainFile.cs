using Kist.Client.Run.Manifest;

namespace Kist.Client.Run.Files;

/// <summary>A file on disk, written aside and put in place complete.</summary>
internal sealed class PlainFile : IPushedFile
{
    private readonly string path;
    private readonly UnixFileMode mode;
    private readonly EarlierFile? earlier;

    private PlainFile(string path, UnixFileMode mode, EarlierFile? earlier)
    {
        this.path = path;
        this.mode = mode;
        this.earlier = earlier;
    }

    public static PlainFile Put(string path, FileSpec file, ReadOnlySpan<byte> content, bool keepsEarlier, FileGuard? guard)
    {
        var temporary = WriteAside(path, content, file.Permissions);
        EarlierFile? kept = null;
        try
        {
            kept = keepsEarlier ? EarlierFile.Keep(path) : null;
            File.Move(temporary, path, file.Overwrite);
            guard?.Watch(path, kept?.Kept);
            return new PlainFile(path, file.Permissions, kept);
        }
        catch
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
            else
                File.Delete(path);
            kept?.Restore();
            throw;
        }
    }

    public void Replace(ReadOnlySpan<byte> content)
    {
        try
        {
            File.Move(WriteAside(path, content, mode), path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw RunException.Secret($"error writing secret file for path {path}: {e.Message}");
        }
    }

    public void Dispose()
    {
        try
        {
            if (earlier is null)
                File.Delete(path);
            else
                earlier.Restore();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder is gone, or closed: there is nothing more to do.
        }
    }

    private static string WriteAside(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        var temporary = EarlierFile.TemporaryName(path);
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }
            // Not at creation, where the process's mask would take bits away.
            File.SetUnixFileMode(temporary, mode);
            return temporary;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
