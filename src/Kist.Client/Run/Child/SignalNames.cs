namespace Kist.Client.Run.Child;

/// <summary>Signals by the names that people and Go's messages give them.</summary>
public static class SignalNames
{
    private static readonly (int Number, string Name, string Meaning)[] Known =
    [
        (1, "HUP", "hangup"),
        (2, "INT", "interrupt"),
        (3, "QUIT", "quit"),
        (4, "ILL", "illegal instruction"),
        (5, "TRAP", "trace/breakpoint trap"),
        (6, "ABRT", "aborted"),
        (7, "BUS", "bus error"),
        (8, "FPE", "floating point exception"),
        (9, "KILL", "killed"),
        (10, "USR1", "user defined signal 1"),
        (11, "SEGV", "segmentation fault"),
        (12, "USR2", "user defined signal 2"),
        (13, "PIPE", "broken pipe"),
        (14, "ALRM", "alarm clock"),
        (15, "TERM", "terminated"),
        (18, "CONT", "continued"),
        (20, "TSTP", "stopped"),
        (24, "XCPU", "CPU time limit exceeded"),
        (25, "XFSZ", "file size limit exceeded"),
        (28, "WINCH", "window changed"),
        (31, "SYS", "bad system call"),
    ];

    /// <summary>What a signal means: <c>killed</c>.</summary>
    public static string Of(int signal) => Known.FirstOrDefault(s => s.Number == signal).Meaning ?? $"signal {signal}";

    /// <summary>A signal's name: <c>HUP</c>.</summary>
    public static string NameOf(int signal) =>
        Known.FirstOrDefault(s => s.Number == signal).Name ?? signal.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>
    /// The number of a signal named <c>HUP</c>, <c>SIGHUP</c> or <c>1</c>; null for what is none that a program can be sent for a purpose.
    /// </summary>
    public static int? Find(string name)
    {
        var bare = name.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? name[3..] : name;
        var found = Known.FirstOrDefault(s =>
            string.Equals(s.Name, bare, StringComparison.OrdinalIgnoreCase)
            || s.Number.ToString(System.Globalization.CultureInfo.InvariantCulture) == bare);
        return found.Number == 0 ? null : found.Number;
    }
}
