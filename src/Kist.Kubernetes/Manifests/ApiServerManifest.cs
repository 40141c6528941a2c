using Kist.Core;
using Kist.Kubernetes.Encryption;
using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Manifests;

/// <summary>
/// The static-pod manifest of an API server, as kubeadm and its like put it into <c>/etc/kubernetes/manifests</c>: what it says about encryption and
/// etcd.
/// </summary>
public sealed class ApiServerManifest
{
    private const string Program = "kube-apiserver";

    private ApiServerManifest(YamlMap pod, YamlMap container)
    {
        Pod = pod;
        Container = container;
        Flags = new ServerFlags(container);
        Mounts = HostMounts.Of(pod, container);
    }

    /// <summary>The container's flags.</summary>
    public ServerFlags Flags { get; }

    /// <summary>The configuration's path as the container sees it; null when the API server does not encrypt.</summary>
    public string? ConfigurationPath => Flags.Text("encryption-provider-config");

    /// <summary>The configuration's path on the host; null when there is none or no mount leads to it.</summary>
    public string? ConfigurationOnHost => ConfigurationPath is { } path ? Mounts.ToHost(path) : null;

    /// <summary>True when the API server looks for changes of the configuration by itself.</summary>
    public bool Reloads => Flags.Text("encryption-provider-config-automatic-reload") is { } text && IsTrue(text);

    /// <summary>
    /// True when the configuration itself is mounted, not its folder: the container then keeps the file that was there when it started, and never
    /// sees one that was put in its place.
    /// </summary>
    public bool MountsFileItself => ConfigurationPath is { } path && Mounts.IsFileMount(path);

    /// <summary>What lint wants to know of the server.</summary>
    public LintFacts Facts => LintFacts.None with
    {
        AutomaticReload = Reloads,
        KmsV1Enabled = Flags.All("feature-gates").SelectMany(gates => gates.Split(','))
            .LastOrDefault(g => g.StartsWith("KMSv1=", StringComparison.Ordinal)) is { } gate && IsTrue(gate["KMSv1=".Length..]),
    };

    internal YamlMap Pod { get; }

    internal YamlMap Container { get; }

    internal HostMounts Mounts { get; }

    /// <summary>Where a path of the container lies on the host; null when it is not the host's.</summary>
    public string? ToHost(string path) => Mounts.ToHost(path);

    /// <summary>Reads a manifest.</summary>
    public static Outcome<ApiServerManifest> Read(string text)
    {
        var reading = YamlReader.Read(text);
        if (reading.Fault is { } fault)
            return Failure.Invalid("manifest.syntax", $"{fault.Position}: {fault.Reason}");
        if (reading.Root is not YamlMap pod || pod.Text("kind") is not "Pod")
            return Failure.Invalid("manifest.kind", "this is no manifest of a pod");
        var containers = (pod.Map("spec")?.List("containers")?.Elements ?? []).OfType<YamlMap>().ToList();
        var container = containers.Find(c => c.Text("name") is Program)
            ?? containers.Find(c => ServerFlags.Words(c).Any(w => w is Program || w.EndsWith($"/{Program}", StringComparison.Ordinal)));
        return container is null
            ? Failure.Invalid("manifest.no_server", $"the pod has no container {Program}")
            : new ApiServerManifest(pod, container);
    }

    // As Go's flags have it.
    private static bool IsTrue(string text) => text is "1" or "t" or "T" or "true" or "TRUE" or "True";
}
