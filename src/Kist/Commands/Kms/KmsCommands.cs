using Kist.Commands.Cli;

namespace Kist.Commands.Kms;

/// <summary>The <c>kms</c> group.</summary>
internal static class KmsCommands
{
    public static CommandGroup Group => new(
        "kms", static () => [KmsServeCommand.Serve, KeyFileCommands.Init, KeyFileCommands.Add, KeyFileCommands.Use, KeyFileCommands.Show])
    {
        About = "Encrypts what Kubernetes stores: the KMS plugin of API servers.",
    };
}
