using Kist.Client.Run.Manifest;

namespace Kist.Client.Run.Files;

/// <summary>A file on disk, written aside and put in place complete.</summary>
internal sealed class PlainFile : IPushedFile
{
    private readonly string path;
    private readonly UnixFileMode mode;
    private readonly PushedPlace place;
    private readonly Action<string> tell;

    // The one name for all contents on their way, which the guard knows.
    private readonly string aside;

    private PlainFile(string path, string aside, UnixFileMode mode, PushedPlace place, Action<string> tell)
    {
        this.path = path;
        this.aside = aside;
        this.mode = mode;
        this.place = place;
        this.tell = tell;
    }

    public static PlainFile Put(
        string path, FileSpec file, ReadOnlySpan<byte> content, bool keepsEarlier, FileGuard? guard, Action<string> tell)
    {
        var temporary = PushedPlace.NameBeside(path);
        // Told before anything is written: a kill in between would leave it.
        guard?.Watch(temporary);
        WriteAside(temporary, content, file.Permissions);
        try
        {
            var taken = PushedPlace.Take(path, temporary, file.Overwrite, keepsEarlier, guard, isGuarded: true);
            return new PlainFile(path, temporary, file.Permissions, taken, tell);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    public Replacement Prepare(ReadOnlySpan<byte> content)
    {
        try
        {
            WriteAside(aside, content, mode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
        return new Replacement(PutInPlace, () => File.Delete(aside));
    }

    public void Dispose()
    {
        try
        {
            place.GiveBack(tell);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder is gone, or closed: there is nothing more to do.
        }
    }

    private void PutInPlace()
    {
        try
        {
            place.Replace(aside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Failure(e);
        }
    }

    private RunException Failure(Exception e) => RunException.Secret($"error writing secret file for path {path}: {e.Message}");

    private static void WriteAside(string temporary, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
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
        }
        catch (ArgumentOutOfRangeException e)
        {
            // So the runtime calls it.
            File.Delete(temporary);
            throw new IOException("the system lets no file be as large", e);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
