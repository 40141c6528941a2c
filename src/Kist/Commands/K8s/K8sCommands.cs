using Kist.Commands.Cli;

namespace Kist.Commands.K8s;

/// <summary>The group <c>k8s</c>: what a Kubernetes cluster and a Kist server need of one another.</summary>
internal static class K8sCommands
{
    public static CommandGroup Group => new("k8s", static () => [TrustCommand.Trust])
    {
        About = "Lets a Kubernetes cluster and a Kist server work together.",
    };
}
