using System.Diagnostics.CodeAnalysis;

namespace Kist.Commands.Cli;

/// <summary>
/// Ends a command at once with an exit code and what to say. An exception, because arguments are read and requests refused deep inside commands, and
/// all ends meet in <see cref="CommandLine"/>.
/// </summary>
[SuppressMessage("Design", "S3871", Justification = "Never leaves the program.")]
internal sealed class ExitException : Exception
{
    private ExitException(int code, string message)
        : base(message) => Code = code;

    /// <summary>The exit code: 0 done, 1 wrong usage, 2 failed request.</summary>
    public int Code { get; }

    /// <summary>The command line is wrong. The message says how, and what to write.</summary>
    public static ExitException Usage(string message) => new(ExitCode.Usage, message);

    /// <summary>The server's answer is not what was asked for.</summary>
    public static ExitException Failed(string message) => new(ExitCode.Failed, message);

    /// <summary>Nothing is left to do.</summary>
    public static ExitException Done() => new(ExitCode.Done, "");
}

/// <summary>What the program's exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>Wrong usage: nothing was sent.</summary>
    public const int Usage = 1;

    /// <summary>The request failed, or <c>status</c> found a sealed server.</summary>
    public const int Failed = 2;

    /// <summary>What was looked at is not as it should be: a check's answer, for scripts.</summary>
    public const int Findings = 3;

    /// <summary>Stopped by the user, as shells have it for SIGINT.</summary>
    public const int Interrupted = 130;
}
