using Kist.Crypto;
using Kist.Kubernetes.AtRest;
using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Etcd;

/// <summary>How far stored values are looked into.</summary>
public enum InspectionDepth
{
    /// <summary>
    /// Values under keys of the configuration are decrypted; those of a KMS are judged by their labels, so that no plugin is asked for anything but its
    /// key id.
    /// </summary>
    WithoutPlugins,

    /// <summary>Every value is decrypted, a KMS's through its plugin.</summary>
    Everything,
}

/// <summary>
/// Says of stored values what the API server would make of them; without a configuration, what their labels say: encrypted or not, by which provider.
/// For one thread.
/// </summary>
/// <param name="chains">The configuration; null for none.</param>
/// <param name="depth">How far to look.</param>
public sealed class ObjectInspector(ProviderChains? chains, InspectionDepth depth) : IDisposable
{
    // An etcd can be full of names of resources that do not exist.
    private const int MostChains = 1000;

    private readonly Dictionary<GroupResource, ProviderChain> byResource = [];
    private readonly SecretBuffer plaintext = new();

    /// <summary>What the last value was decrypted to, until the next; empty when it was not.</summary>
    public ReadOnlySpan<byte> Plaintext => plaintext.Written;

    /// <summary>Looks at a value.</summary>
    public async ValueTask<Inspection> InspectAsync(SelectedKey key, EtcdKeyValue entry, CancellationToken cancellationToken)
    {
        plaintext.Clear();
        var label = StoredLabel.Of(entry.Value.Span);
        if (chains is null)
        {
            var state = label.Kind == ProviderKind.Identity ? ObjectState.Plaintext : ObjectState.Encrypted;
            return new Inspection(state, label, StaleReasons.None);
        }
        return key.IsWellFormed && BuiltinResources.IsUnknown(key.Name.Resource)
            ? await InspectUnknownAsync(key, label, entry, cancellationToken)
            : await InspectAsync(key, key.Name.Resource, label, entry, cancellationToken);
    }

    /// <summary>True when nothing is to be said against a value: it is stored as the configuration says; without one, it is encrypted.</summary>
    public bool IsGood(Inspection inspection) => chains is null
        ? inspection.State == ObjectState.Encrypted
        : inspection is { Failure: null, Stale: StaleReasons.None, IsMoved: false };

    /// <inheritdoc/>
    public void Dispose() => plaintext.Dispose();

    private async ValueTask<Inspection> InspectAsync(
        SelectedKey key, GroupResource resource, StoredLabel label, EtcdKeyValue entry, CancellationToken cancellationToken)
    {
        var chain = ChainOf(resource);
        if (depth == InspectionDepth.WithoutPlugins && label.Kind is ProviderKind.KmsV1 or ProviderKind.KmsV2)
            return chain.Classify(entry.Value);
        var name = key.IsWellFormed ? key.Name : null;
        return await chain.InspectAsync(name, entry.Key, entry.Value, plaintext, cancellationToken);
    }

    // The group decides which entry applies. The key does not name it, but the object does once the providers of any group have read it.
    private async ValueTask<Inspection> InspectUnknownAsync(SelectedKey key, StoredLabel label, EtcdKeyValue entry, CancellationToken cancellationToken)
    {
        Inspection? best = null;
        foreach (var group in chains!.GroupsOf(key.Name.Resource.Resource).Prepend(""))
        {
            var inspection = await InspectAsync(key, key.Name.Resource with { Group = group }, label, entry, cancellationToken);
            if (inspection.Object is { } found)
            {
                return found.Group == group
                    ? inspection
                    : await InspectAsync(key, key.Name.Resource with { Group = found.Group }, label, entry, cancellationToken);
            }
            if (best is null || (best.Failure is not null && inspection.Failure is null))
                best = inspection;
        }
        return best!;
    }

    private ProviderChain ChainOf(GroupResource resource)
    {
        if (byResource.TryGetValue(resource, out var known))
            return known;
        if (byResource.Count == MostChains)
            byResource.Clear();
        return byResource[resource] = chains!.For(resource);
    }
}
