namespace Kist.Client.Run.Child;

/// <summary>How a child ended.</summary>
/// <param name="ExitCode">Its exit code; 0 when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
public sealed record ChildEnd(int ExitCode, int Signal)
{
    /// <summary>The exit code that a shell would give: 128 and the signal's number after a signal.</summary>
    public int ShellCode => Signal == 0 ? ExitCode : 128 + Signal;

    /// <summary>Reads what the system says of an ended child; null when it has not ended.</summary>
    internal static ChildEnd? Read(int status)
    {
        const int StoppedMark = 0x7f;
        var low = status & 0x7f;
        return low switch
        {
            0 => new ChildEnd((status >> 8) & 0xff, 0),
            StoppedMark => null,
            _ => new ChildEnd(0, low),
        };
    }
}
