using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace Kist.Core.Audit;

/// <summary>
/// Appends to a file. Whoever may enable audit devices could otherwise make the server write to any file, so it follows no link, takes only regular files, and
/// appends to one that is not empty only when its first line is an audit record. It opens at the first write and tries again at the next when it could not.
/// </summary>
internal sealed class FileSink : IAuditSink
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string path;
    private readonly UnixFileMode? mode;
    private readonly bool fsync;
    private readonly WriteCall write;
    private SafeFileHandle? handle;
    private long length;
    private bool unfinished;

    public FileSink(AuditDeviceOptions options)
        : this(options, Posix.Write)
    {
    }

    /// <summary>With another system call, for tests of a full disk.</summary>
    internal FileSink(AuditDeviceOptions options, WriteCall write)
    {
        path = options.Target;
        mode = options.Mode;
        fsync = options.Fsync;
        this.write = write;
    }

    /// <summary>Writes once and answers how many bytes were taken.</summary>
    internal delegate int WriteCall(SafeFileHandle handle, ReadOnlySpan<byte> bytes);

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> lines)
    {
        if (handle is null)
            Reopen();
        try
        {
            if (unfinished)
                Append("\n"u8);
            unfinished = false;
            Append(lines);
            if (fsync)
                RandomAccess.FlushToDisk(handle!);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    /// <inheritdoc/>
    public void Reopen()
    {
        if (!OperatingSystem.IsLinux())
            throw new IOException("audit files need Linux: use the device type \"stdout\"");
        SafeFileHandle? opened = null;
        try
        {
            opened = Posix.OpenForAppend(path, mode ?? OwnerOnly);
            var size = RandomAccess.GetLength(opened);
            if (size > 0 && !StartsWithAuditRecord(opened))
                throw new IOException("is not empty and its first line is no audit record: choose another file");
            if (mode is { } wanted && File.GetUnixFileMode(opened) != wanted)
                File.SetUnixFileMode(opened, wanted);
            unfinished = size > 0 && !EndsWithNewline(opened, size);
            length = size;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            opened?.Dispose();
            throw Failed(e);
        }
        handle?.Dispose();
        handle = opened;
    }

    /// <inheritdoc/>
    public void Dispose() => handle?.Dispose();

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var written = 0;
        try
        {
            while (written < bytes.Length)
                written += write(handle!, bytes[written..]);
        }
        catch (IOException)
        {
            TakeBack(written);
            throw;
        }
        length += written;
    }

    /// <summary>Removes a part of a burst, such as a full disk leaves. Where others wrote to the file too, the next burst begins on a new line instead.</summary>
    private void TakeBack(int written)
    {
        if (written == 0)
            return;
        try
        {
            if (RandomAccess.GetLength(handle!) == length + written)
            {
                RandomAccess.SetLength(handle!, length);
                return;
            }
        }
        catch (IOException)
        {
            // Then the part stays.
        }
        unfinished = true;
    }

    private static bool StartsWithAuditRecord(SafeFileHandle file)
    {
        Span<byte> start = stackalloc byte[256];
        var reader = new Utf8JsonReader(start[..RandomAccess.Read(file, start, 0)], isFinalBlock: false, default);
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.ValueTextEquals("time"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out _)
                && reader.Read() && reader.ValueTextEquals("type"u8)
                && reader.Read() && (reader.ValueTextEquals("request"u8) || reader.ValueTextEquals("response"u8));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool EndsWithNewline(SafeFileHandle file, long size)
    {
        Span<byte> last = stackalloc byte[1];
        return RandomAccess.Read(file, last, size - 1) == 1 && last[0] == (byte)'\n';
    }

    private IOException Failed(Exception cause) => new($"audit file {path}: {cause.Message}", cause);
}
