using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Manifests;

/// <summary>What of the host the container sees, and where.</summary>
internal sealed class HostMounts
{
    private readonly List<Mount> mounts;
    private readonly HashSet<string> places;

    private HostMounts(List<Mount> mounts, HashSet<string> places) => (this.mounts, this.places) = (mounts, places);

    public static HostMounts Of(YamlMap pod, YamlMap container)
    {
        var volumes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var volume in (pod.Map("spec")?.List("volumes")?.Elements ?? []).OfType<YamlMap>())
        {
            if (volume.Text("name") is { } name && volume.Map("hostPath")?.Text("path") is { } path)
                volumes[name] = Trim(path);
        }
        var found = new List<Mount>();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var mount in (container.List("volumeMounts")?.Elements ?? []).OfType<YamlMap>())
        {
            if (mount.Text("mountPath") is not { } path)
                continue;
            taken.Add(Trim(path));
            if (mount.Text("name") is { } name && volumes.TryGetValue(name, out var host))
            {
                var part = mount.Text("subPath") ?? "";
                found.Add(new Mount(Trim(path), part.Length > 0 ? $"{host}/{part}" : host, part.Length > 0));
            }
        }
        return new HostMounts(found, taken);
    }

    /// <summary>Whether something is mounted at the very path, be it the host's or not: a second mount there would make the pod invalid.</summary>
    public bool IsTaken(string path) => places.Contains(path);

    /// <summary>Where a path of the container lies on the host; null when it is not the host's.</summary>
    public string? ToHost(string path) => Find(path) is { } mount ? mount.Host + path[mount.Path.Length..] : null;

    /// <summary>Where the container sees a path of the host; null when it does not, or sees that file alone and not its folder.</summary>
    public string? ToContainer(string hostPath)
    {
        var candidates = mounts.Where(m => !m.IsPart && hostPath.StartsWith(m.Host + "/", StringComparison.Ordinal));

        // Another mount may lie over the place.
        return candidates.Select(m => m.Path + hostPath[m.Host.Length..]).FirstOrDefault(path => ToHost(path) == hostPath);
    }

    /// <summary>
    /// True when the path is a mount of its own, or lies in a part of a volume: such a mount holds on to what was there at the start.
    /// </summary>
    public bool IsFileMount(string path) => Find(path) is { } mount && (mount.Path == path || mount.IsPart);

    private static string Trim(string path) => path.Length > 1 ? path.TrimEnd('/') : path;

    private Mount? Find(string path) => mounts
        .Where(m => path == m.Path || path.StartsWith(m.Path + "/", StringComparison.Ordinal))
        .OrderByDescending(m => m.Path.Length)
        .FirstOrDefault();

    private sealed record Mount(string Path, string Host, bool IsPart);
}
