using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption;

/// <summary>Puts into words what a chain of slots does.</summary>
internal sealed class ResourceExplainer(IReadOnlyList<GroupResource> resources, IReadOnlyList<Slot> slots)
{
    private const string Unreadable = "cannot be read, and one of them makes every list of the resource fail";

    private bool ReadsPlaintext => slots.Any(s => s.Kind == ProviderKind.Identity);

    private bool WritesPlaintext => slots[0].Kind == ProviderKind.Identity;

    public ExplainedResources Explain() => new(
        [.. resources.Select(Name)], Written(slots[0]), [.. slots.Select(Readable)], Rewritten(), [.. Changes()]);

    private static string Name(GroupResource resource) => resource switch
    {
        { IsWildcard: true, Group: "*" } => "everything else, custom resources of the future too (*.*)",
        { IsWildcard: true, Group: "" } => "everything else of the core group (*.)",
        { IsWildcard: true } => $"everything else of the group {resource.Group} ({resource})",
        _ => resource.ToString(),
    };

    private static string Written(Slot slot) => slot.Kind switch
    {
        ProviderKind.Identity => "in plaintext",
        ProviderKind.AesCbc => $"with {slot}: encrypted, but a change in etcd is not noticed",
        ProviderKind.AesGcm => $"with {slot}: encrypted and authenticated together with its key in etcd, for at most 200,000 writes",
        ProviderKind.Secretbox => $"with {slot}: encrypted and authenticated; a value that is copied to another key in etcd still decrypts",
        ProviderKind.KmsV1 => $"with the {slot}: a data key for each write, wrapped by the plugin",
        _ => $"with the {slot}: encrypted and authenticated together with its key in etcd, under a seed that the plugin wraps",
    };

    private static string Readable(Slot slot) => slot.Kind switch
    {
        ProviderKind.Identity => "what is in plaintext",
        ProviderKind.KmsV1 or ProviderKind.KmsV2 => $"what the {slot} encrypted",
        _ => $"what {slot} encrypted",
    };

    private string? Rewritten()
    {
        var stale = slots.Skip(1).Where(s => s != slots[0]).Distinct().Select(Readable).ToList();
        if (slots[0].Kind == ProviderKind.KmsV2)
            stale.Add("what the plugin encrypted under an earlier key id");
        return stale.Count == 0 ? null : $"{string.Join(", ", stale)}: at the next write request on it, not when it is read";
    }

    private IEnumerable<string> Changes()
    {
        if (WritesPlaintext)
            yield return slots.Count > 1
                ? "If identity is moved to the end, new writes are encrypted by what then stands first."
                : "If an encrypting provider is put before identity, new writes are encrypted; what is there stays in plaintext until it is "
                    + "rewritten.";
        foreach (var slot in slots.Skip(WritesPlaintext ? 1 : 0).Where(s => s.Kind != ProviderKind.Identity).Distinct())
            yield return $"If the {slot} is removed, objects that it encrypted {Unreadable}.";
        if (!WritesPlaintext)
        {
            yield return ReadsPlaintext
                ? $"If identity is removed, objects that are still in plaintext {Unreadable}."
                : $"There is no identity: objects that are in plaintext {Unreadable}.";
        }
        if (slots.Skip(1).FirstOrDefault(s => s.Kind != ProviderKind.Identity && s != slots[0]) is { } next && !WritesPlaintext)
            yield return $"If the {next} is moved to the front, it writes from then on; every API server must be able to read with it before.";
    }
}
