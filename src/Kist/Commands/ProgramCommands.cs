using System.Reflection;
using Kist.Commands.Cli;

namespace Kist.Commands;

/// <summary><c>version, print token</c>: what the program knows without a server.</summary>
internal static class ProgramCommands
{
    public static CommandGroup Print => new("print", static () => [PrintToken]) { About = "Prints what the program would use." };

    public static Command Version => new("version", "Shows the program's version.", ShowVersion)
    {
        CallsServer = false,
        Example = new("Show the version", "version"),
    };

    private static Command PrintToken => new("print token", "Prints the token in use.", ShowToken)
    {
        Description = "That of KIST_TOKEN or VAULT_TOKEN, or else that of the token file.",
        Example = new("Call the API with another program", "print token"),
    };

    /// <summary>The version without the commit that it was built from.</summary>
    public static string VersionNumber => FullVersion.Split('+')[0];

    private static string FullVersion =>
        typeof(ProgramCommands).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    private static Task<int> ShowVersion(Invocation call, CancellationToken cancellation)
    {
        var full = FullVersion;
        call.Output.Write(full.Split('+') is [var version, var commit] ? $"Kist v{version} ({commit})\n" : $"Kist v{full}\n");
        return Task.FromResult(ExitCode.Done);
    }

    private static Task<int> ShowToken(Invocation call, CancellationToken cancellation)
    {
        var token = call.Settings.Token
            ?? throw ExitException.Failed($"There is no token: log in with {call.Host.ProgramName} login, or set KIST_TOKEN");
        call.Output.Write(token.Reveal() + "\n");
        return Task.FromResult(ExitCode.Done);
    }
}
