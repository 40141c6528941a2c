using Kist.Harness;

namespace Kist.Wire.Tests.Etcd;

/// <summary>
/// A test with a real etcd; skipped, by name and with the reason, where none is installed. Under <c>CI=true</c> it runs and fails instead, for
/// <c>./test</c> could have installed it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactNeedingEtcdAttribute : FactAttribute
{
    public FactNeedingEtcdAttribute()
    {
        if (!EtcdServer.Installed && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "needs the packages etcd-server and etcd-client";
    }
}
