using Kist.Harness.Kubernetes;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>
/// A test with a real kube-apiserver; skipped, by name and with the reason, where none is built. Under <c>CI=true</c> it runs and fails instead, for
/// <c>./test</c> could have built it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactNeedingKubeAttribute : FactAttribute
{
    public FactNeedingKubeAttribute()
    {
        if (!KubeCluster.Installed && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "needs a kube-apiserver, which tests/tools/kube-apiserver builds, and the packages etcd-server and etcd-client";
    }
}
