using System.Reflection;
using Kist.Auth.AppRole;
using Kist.Auth.Cert;
using Kist.Auth.Jwt;
using Kist.Auth.Kubernetes;
using Kist.Auth.Userpass;
using Kist.Core;
using Kist.Core.Mounts;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Engines.Database;
using Kist.Engines.Kv;
using Kist.Engines.Transit;
using Kist.Storage.Sqlite;

namespace Kist.Hosting;

/// <summary>The composition root: which engines, stores and seals this program has. A new engine is one line here.</summary>
internal static class NodeFactory
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(NodeFactory).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>Opens the store that the configuration names.</summary>
    /// <exception cref="StoreUnavailableException">The file cannot be used; the message says why.</exception>
    public static IStore OpenStore(StorageConfig config)
    {
        if (config.Type != "sqlite")
            return new MemoryStore();
        // One commit at a time blocks its thread until the disk has it; on a machine with one core reads must go on meanwhile.
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(workers + 1, completions);
        return SqliteStore.Open(config.Path);
    }

    /// <summary>Puts a node together.</summary>
    public static Node Create(IStore store, ServerConfig config, INodeObserver observer) => new(
        store,
        Engines(config),
        config.Seal is { } seal ? new StaticSeal(seal.Current, seal.Previous) : null,
        new NodeOptions
        {
            NodeName = config.NodeName.Length > 0 ? config.NodeName : Environment.MachineName,
            Version = Version,
            ClusterName = config.ClusterName,
            ApiAddress = config.ApiAddress,
            StorageType = config.Storage.Type,
            DefaultLeaseTtl = config.DefaultLeaseTtl,
            MaxLeaseTtl = config.MaxLeaseTtl,
            MaxRequestDuration = config.MaxRequestDuration,
            CacheBytes = config.CacheBytes,
            Observer = observer,
        },
        TimeProvider.System);

    private static IEnumerable<MountType> Engines(ServerConfig config) =>
    [
        new AppRoleMountType(TimeProvider.System),
        new CertMountType(TimeProvider.System),
        new DatabaseMountType(TimeProvider.System),
        new JwtMountType(TimeProvider.System),
        new KubernetesMountType(TimeProvider.System),
        new KvMountType(TimeProvider.System, config.Rotation),
        new TransitMountType(TimeProvider.System),
        new UserpassMountType(TimeProvider.System),
    ];
}
