using System.ComponentModel;
using System.Runtime.InteropServices;
using Kist.Client.Run.Child;

namespace Kist.Client.Run.Files;

/// <summary>
/// A file that lies in memory, has no name in any folder, and is gone with this process, however it ends: an anonymous file (<c>memfd_create</c>),
/// sealed against changes, that programs open as <c>/proc/PID/fd/N</c> with this process's number.
/// <para>
/// Why not <c>/proc/self/fd/N</c> with a descriptor that the child inherits: ssh, sudo, Python's subprocess, node and many others close or do not
/// pass on descriptors that they do not know, and then the path names nothing, or another file. By this process's number every descendant can open
/// it, and after a SIGKILL of this process nobody can. Why not a file in <c>/dev/shm</c>: SIGKILL leaves it there. The kernel lets a program follow
/// the path if it runs as the same user and this process may be debugged by that user (<see cref="ProcessMemory.LetFilesBeOpened"/>). Accepted: like
/// all memory but locked one, the content may be written to swap.
/// </para>
/// </summary>
public sealed class MemoryFile : IDisposable
{
    /// <summary>The name that /proc shows, where no other is given.</summary>
    internal const string UsualName = "kist";

    private readonly UnixFileMode mode;
    private readonly string name;
    private readonly int descriptor;
    private bool isClosed;

    /// <summary>A file with this content.</summary>
    /// <param name="content">What is in it; copied.</param>
    /// <param name="mode">Who may open it, by its owner and group, which are this process's.</param>
    /// <param name="name">What /proc shows as its name.</param>
    /// <exception cref="RunException">The system refuses.</exception>
    public MemoryFile(ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite, string name = UsualName)
    {
        this.mode = mode;
        this.name = name;
        descriptor = Create(content, mode, name);
        ProcessMemory.LetFilesBeOpened();
    }

    /// <summary>What programs open, while this process lives.</summary>
    public string Path => $"/proc/{Environment.ProcessId}/fd/{descriptor}";

    /// <summary>Puts another content in place: who opens the path from now on sees it whole, who has it open keeps the old one.</summary>
    /// <exception cref="RunException">The system refuses; the old content stays.</exception>
    public void Replace(ReadOnlySpan<byte> content)
    {
        using var replacement = Prepare(content);
        replacement.Commit();
    }

    /// <summary>Makes another content, to be put in place later.</summary>
    internal Replacement Prepare(ReadOnlySpan<byte> content)
    {
        var next = Create(content, mode, name);
        return new Replacement(
            () =>
            {
                if (LinuxCalls.Duplicate(next, descriptor, LinuxCalls.CloseOnExec) < 0)
                    throw Failure(Marshal.GetLastPInvokeError());
                _ = LinuxCalls.Close(next);
            },
            () => _ = LinuxCalls.Close(next));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!isClosed)
            _ = LinuxCalls.Close(descriptor);
        isClosed = true;
    }

    private static int Create(ReadOnlySpan<byte> content, UnixFileMode mode, string name)
    {
        const uint Flags = LinuxCalls.MemoryFileCloseOnExec | LinuxCalls.MemoryFileSealable;
        var file = LinuxCalls.CreateMemoryFile(name, Flags | LinuxCalls.MemoryFileNoExec);
        // Kernels before 6.3 do not know the last flag.
        if (file < 0 && Marshal.GetLastPInvokeError() == LinuxCalls.InvalidArgument)
            file = LinuxCalls.CreateMemoryFile(name, Flags);
        if (file < 0)
            throw Failure(Marshal.GetLastPInvokeError());
        if (!TryFill(file, content)
            || LinuxCalls.ChangeMode(file, (uint)mode & ~0x49u) < 0
            || LinuxCalls.Control(file, LinuxCalls.AddSeals, LinuxCalls.AllSeals) < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            _ = LinuxCalls.Close(file);
            throw Failure(error);
        }
        return file;
    }

    private static bool TryFill(int file, ReadOnlySpan<byte> content)
    {
        while (content.Length > 0)
        {
            var written = (int)LinuxCalls.Write(file, in content[0], content.Length);
            if (written <= 0)
                return false;
            content = content[written..];
        }
        return true;
    }

    private static RunException Failure(int error) => RunException.Secret($"cannot make a file in memory: {new Win32Exception(error).Message}");
}
