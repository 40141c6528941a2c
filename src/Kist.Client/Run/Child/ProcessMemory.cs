namespace Kist.Client.Run.Child;

/// <summary>
/// Keeps this process's memory out of core dumps, without taking the child's own dumps away: the limit on core files, which a child inherits, is as
/// it was found while one is started.
/// </summary>
internal static class ProcessMemory
{
    private static readonly Lock Gate = new();
    private static LinuxCalls.ResourceLimit? found;

    /// <summary>No core file from now on, and no reading of the memory by others of the same user until <see cref="LetFilesBeOpened"/>.</summary>
    public static void Protect()
    {
        lock (Gate)
        {
            if (found is null && LinuxCalls.GetLimit(LinuxCalls.CoreFileSize, out var limit) == 0)
                found = limit;
            Lower();
            _ = LinuxCalls.ControlProcess(LinuxCalls.SetDumpable, 0, 0, 0, 0);
        }
    }

    /// <summary>
    /// The kernel lets others than root follow <c>/proc/PID/fd</c> only of a process that they might debug. Whoever may do so may read the
    /// environment of the child as well, so this gives nothing away that they do not have.
    /// </summary>
    public static void LetFilesBeOpened() => _ = LinuxCalls.ControlProcess(LinuxCalls.SetDumpable, 1, 0, 0, 0);

    /// <summary>Starts something that gets the limit on core files as it was found.</summary>
    public static T Relaxed<T>(Func<T> start)
    {
        lock (Gate)
        {
            if (found is { } limit)
                _ = LinuxCalls.SetLimit(LinuxCalls.CoreFileSize, limit);
            try
            {
                return start();
            }
            finally
            {
                if (found is not null)
                    Lower();
            }
        }
    }

    // A limit of one byte is too small for a file, and the only one that the kernel obeys where cores go to a program (core_pattern with a pipe).
    private static void Lower()
    {
        if (found is { } limit)
            _ = LinuxCalls.SetLimit(LinuxCalls.CoreFileSize, limit with { Current = limit.Maximum == 0 ? 0u : 1u });
    }
}
