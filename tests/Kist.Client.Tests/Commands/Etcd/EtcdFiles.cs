using Kist.Client.Tests.Fakes;

namespace Kist.Client.Tests.Commands.Etcd;

/// <summary>The captured snapshot and its configuration, under names that golden files can have.</summary>
internal static class EtcdFiles
{
    /// <summary>A snapshot of a cluster with every provider in it.</summary>
    public static string Snapshot { get; } = Path.Combine(Repository.Root, "tests/Kist.Wire.Tests/Etcd/Snapshot/Vectors/etcd-snapshot.bin");

    /// <summary>Reads all of it, KMS first. No plugin listens at its sockets.</summary>
    public static string Mixed { get; } = Configuration("mixed-read-all-k8s1.36");

    /// <summary>A captured configuration.</summary>
    public static string Configuration(string name) => Path.Combine(Repository.Root, "tests/Kist.Kubernetes.Tests/vectors/configs", name + ".yaml");

    /// <summary>What a command printed, without the folder of this clone.</summary>
    public static string Shorten(string printed) => printed.Replace(Repository.Root, "", StringComparison.Ordinal);

    /// <summary>All secrets of the captured configurations, which nothing may print.</summary>
    public static IEnumerable<string> KeySecrets { get; } =
    [
        .. File.ReadAllLines(Mixed).Where(l => l.Contains("secret: ", StringComparison.Ordinal)).Select(l => l.Split('"')[1]),
    ];
}
