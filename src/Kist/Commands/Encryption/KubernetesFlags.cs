using Kist.Commands.Arguments;
using Kist.Commands.Cli;
using Kist.Wire.Kubernetes;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Commands.Encryption;

/// <summary>How commands reach a cluster's API server: as kubectl does, or from within a pod.</summary>
internal static class KubernetesFlags
{
    public static readonly Flag Kubeconfig = Flag.Text(
        "kubeconfig", "file", "How to reach the API server. Default: what KUBECONFIG names, else the pod's service account, else ~/.kube/config.");
    public static readonly Flag Context = Flag.Text("context", "name", "The kubeconfig's context to use. Default: its current one.");

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<Flag> All = [Kubeconfig, Context];

    /// <summary>A client of the API server.</summary>
    /// <exception cref="ExitException">It is not known how to reach one.</exception>
    public static KubeClient Connect(Invocation call)
    {
        try
        {
            return new KubeClient(new KubeOptions { Connection = Connection(call), Time = call.Host.Time });
        }
        catch (KubeException e)
        {
            throw ExitException.Failed(e.Message);
        }
    }

    private static KubeConnection Connection(Invocation call)
    {
        var host = call.Host;
        var named = call.Text(Kubeconfig);
        if (named is null && call.Text(Context) is null && host.Variable("KUBECONFIG") is not { Length: > 0 }
            && InClusterConfig.TryLoad(host.Variable, host.PodFolder, host.Time) is { } pod)
        {
            return pod;
        }
        var files = named is null ? KubeConfig.DefaultFiles(host.Variable, host.HomeFolder) : [named];
        return KubeConfig.Load(files).Connect(call.Text(Context), host.Time);
    }
}
