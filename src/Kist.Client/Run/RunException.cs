namespace Kist.Client.Run;

/// <summary>What stopped a run.</summary>
public enum RunFault
{
    /// <summary>The command line or the secrets file cannot be used; nothing was asked for.</summary>
    Usage,

    /// <summary>A secret could not be had, or written to its file; nothing was started.</summary>
    Secret,

    /// <summary>There is no such program.</summary>
    CommandNotFound,

    /// <summary>The program cannot be executed.</summary>
    CommandNotExecutable,
}

/// <summary>A program could not be run with its secrets. The message names what is wrong and never holds a value.</summary>
public sealed class RunException(RunFault fault, string message) : Exception(message)
{
    /// <summary>What stopped it.</summary>
    public RunFault Fault { get; } = fault;

    /// <summary>For a faulty command line or secrets file.</summary>
    public static RunException Usage(string message) => new(RunFault.Usage, message);

    /// <summary>For a secret that could not be had.</summary>
    public static RunException Secret(string message) => new(RunFault.Secret, message);
}
