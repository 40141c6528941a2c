using System.Runtime.InteropServices;

namespace Kist.Core.Storage;

/// <summary>
/// The system's clock, whose timestamps also count the time that the machine was suspended (Linux <c>CLOCK_BOOTTIME</c>). The timestamps of
/// <see cref="TimeProvider.System"/> stand still then (<c>CLOCK_MONOTONIC</c>), and a cache that trusts them takes yesterday's answers for fresh.
/// </summary>
public sealed partial class BootClock : TimeProvider
{
    private const int ClockBootTime = 7;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private BootClock()
    {
    }

    /// <summary>The one instance.</summary>
    public static BootClock Instance { get; } = new();

    /// <summary>Nanoseconds.</summary>
    public override long TimestampFrequency => NanosecondsPerSecond;

    /// <summary>Nanoseconds since the machine started.</summary>
    public override long GetTimestamp() =>
        GetTime(ClockBootTime, out var time) == 0
            ? ((long)time.Seconds * NanosecondsPerSecond) + time.Nanoseconds
            : throw new PlatformNotSupportedException("the system has no clock that counts suspension");

    // The kernel answers this without a system call, so the runtime need not prepare for a long stay outside.
    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
