using System.Globalization;
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

    /// <summary>The release, as the image's tag tells it; null when it does not.</summary>
    public Version? Release => ReleaseOf(Container.Text("image") ?? "");

    /// <summary>False when the release is known not to look for changes by itself: it would not start with the flag for it.</summary>
    public bool KnowsReload => Release is not { } release || release >= new Version(1, 26);

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
        Release = Release,
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

    // registry:5000/kube-apiserver:v1.25.3-eks@sha256:…
    private static Version? ReleaseOf(string image)
    {
        var name = image.Split('@')[0].Split('/')[^1];
        var numbers = (name.Split(':') is [_, var tag] ? tag.TrimStart('v') : "").Split('.');
        return numbers.Length > 1 && IsNumber(numbers[0]) && IsNumber(numbers[1])
            ? new Version(int.Parse(numbers[0], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture))
            : null;
    }

    private static bool IsNumber(string text) => text.Length is > 0 and < 6 && text.All(char.IsAsciiDigit);

    // As Go's flags have it.
    private static bool IsTrue(string text) => text is "1" or "t" or "T" or "true" or "TRUE" or "True";
}
