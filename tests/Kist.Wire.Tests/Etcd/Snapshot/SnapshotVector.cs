using System.Runtime.CompilerServices;
using System.Text.Json;
using Kist.Wire.Etcd.Snapshot;

namespace Kist.Wire.Tests.Etcd.Snapshot;

/// <summary>
/// A snapshot that <c>etcdctl snapshot save</c> took of a small cluster of kube-apiserver 1.20 and etcd 3.4, with what is known to be in it. All
/// keys in it are test keys.
/// </summary>
internal static class SnapshotVector
{
    public static string Path { get; } = System.IO.Path.Combine(Folder(), "etcd-snapshot.bin");

    public static JsonElement Known { get; } = JsonDocument.Parse(File.ReadAllBytes(System.IO.Path.Combine(Folder(), "etcd-snapshot.json"))).RootElement;

    public static EtcdSnapshot Open() => EtcdSnapshot.Open(Path, checkDigest: true, CancellationToken.None);

    private static string Folder([CallerFilePath] string here = "") => System.IO.Path.Combine(System.IO.Path.GetDirectoryName(here)!, "Vectors");
}
