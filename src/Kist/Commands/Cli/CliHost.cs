using Kist.Commands.Rendering;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Commands.Cli;

/// <summary>
/// What a command sees of the world: the only place where the CLI meets the environment, so that tests can put another in its place.
/// </summary>
internal sealed record CliHost
{
    /// <summary>The name of a program that stands in for Vault's.</summary>
    public const string VaultName = "vault";

    /// <summary>
    /// The name that the user called us by: <c>kist</c>, or through a link of that name <c>vault</c>, or one of <see cref="LinkedPrograms"/>.
    /// </summary>
    public required string ProgramName { get; init; }

    /// <summary>True when we stand in for Vault's program: its token file and variables go first.</summary>
    public bool ActsAsVault => ProgramName == VaultName;

    /// <summary>Reads an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The user's home folder, or empty when there is none.</summary>
    public required string HomeFolder { get; init; }

    /// <summary>Where a pod finds its service account's token.</summary>
    public string PodFolder { get; init; } = InClusterConfig.DefaultDirectory;

    /// <summary>Standard input.</summary>
    public required Stream Input { get; init; }

    /// <summary>Standard output.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Standard output, for what need not be text. Nothing is ever left in <see cref="Output"/> that would have to go first.</summary>
    public Stream OutputBytes { get; init; } = Stream.Null;

    /// <summary>Standard error.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether somebody can be asked.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>Whether somebody reads the output.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether standard error goes to a terminal, which it often does when the output does not.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Asks for a secret without showing what is typed.</summary>
    public required Func<string, CancellationToken, Task<string>> AskSecret { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Leaves SIGINT and SIGTERM to the command, which takes them itself from then on.</summary>
    public Action LeaveSignals { get; init; } = static () => { };

    /// <summary>Carries requests in tests; null for the network.</summary>
    public HttpMessageHandler? Network { get; init; }

    /// <summary>Says something on standard error. What servers and other users wrote may be in it, so a terminal gets it escaped.</summary>
    public void Tell(string message) => Error.WriteLine(ErrorIsTerminal ? Printable.Escape(message) : message);
}
