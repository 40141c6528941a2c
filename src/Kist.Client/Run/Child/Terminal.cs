using Microsoft.Win32.SafeHandles;

namespace Kist.Client.Run.Child;

/// <summary>The terminal that controls this process, if there is one.</summary>
internal static class Terminal
{
    private const string Device = "/dev/tty";

    /// <summary>Whether there is one.</summary>
    public static bool Exists
    {
        get
        {
            using var handle = Open();
            return handle is not null;
        }
    }

    /// <summary>Whether what is typed there, such as Ctrl-C, goes to this process and its child.</summary>
    public static bool IsForeground
    {
        get
        {
            using var handle = Open();
            return handle is not null && LinuxCalls.ForegroundGroup(handle) == LinuxCalls.OwnGroup();
        }
    }

    private static SafeFileHandle? Open()
    {
        try
        {
            return File.OpenHandle(Device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
