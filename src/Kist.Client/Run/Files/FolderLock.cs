using System.Runtime.InteropServices;
using Kist.Client.Run.Child;
using Microsoft.Win32.SafeHandles;

namespace Kist.Client.Run.Files;

/// <summary>
/// Keeps other runs, and their guards, from the files of a folder while this one looks at them and acts by what it saw. It leaves nothing in the
/// folder. Where a folder cannot be locked, as on some network file systems, runs go on without. Not to be taken twice.
/// </summary>
internal sealed class FolderLock : IDisposable
{
    private const int ExclusiveWithoutWaiting = 2 | 4;
    private const int WouldWait = 11;
    private const int PauseMilliseconds = 5;

    // Whoever holds the folder for a purpose of its own, as `flock FOLDER kist run …` does, must not stop a run for good.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly SafeFileHandle folder;

    private FolderLock(SafeFileHandle folder) => this.folder = folder;

    /// <summary>Takes it, as soon as no other run has it.</summary>
    public static FolderLock Take(string folder)
    {
        var handle = LinuxCalls.Open(folder, LinuxCalls.CloseOnExec);
        var began = TimeProvider.System.GetTimestamp();
        while (!handle.IsInvalid && LinuxCalls.Lock(handle, ExclusiveWithoutWaiting) < 0 && Marshal.GetLastPInvokeError() == WouldWait
            && TimeProvider.System.GetElapsedTime(began) < Patience)
            Thread.Sleep(PauseMilliseconds);
        return new FolderLock(handle);
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();
}
