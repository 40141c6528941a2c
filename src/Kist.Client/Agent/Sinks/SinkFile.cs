using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kist.Client.Agent.Configuration;
using Kist.Crypto;

namespace Kist.Client.Agent.Sinks;

/// <summary>
/// A file with a token, replaced in one step: whoever reads it sees the old token or the new one. Until its owner and mode are set nobody else can
/// open it.
/// </summary>
internal static partial class SinkFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static void Write(FileSinkConfig sink, SecretText content)
    {
        if (Directory.Exists(sink.Path))
            throw new IOException($"{sink.Path} is a folder");
        var mode = sink.Mode ?? (File.Exists(sink.Path) ? File.GetUnixFileMode(sink.Path) : OwnerOnly);
        var temporary = $"{sink.Path}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = OwnerOnly };
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content.Utf8);
                stream.Flush(flushToDisk: true);
                // Before the mode: a change of owner may take bits of it away.
                Own(sink, temporary);
                File.SetUnixFileMode(stream.SafeFileHandle, mode);
            }
            File.Move(temporary, sink.Path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void Own(FileSinkConfig sink, string path)
    {
        if (sink.UserId is null && sink.GroupId is null)
            return;
        if (ChangeOwner(path, (uint)(sink.UserId ?? -1), (uint)(sink.GroupId ?? -1)) != 0)
            throw new IOException($"cannot give {sink.Path} to user {sink.UserId}, group {sink.GroupId}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "lchown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint user, uint group);
}
