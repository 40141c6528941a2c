using System.Text;
using Kist.Core;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Etcd;

namespace Kist.Kubernetes.Encryption.Rotation;

/// <summary>
/// Counts what lies in a live etcd, by the names that values carry: nothing is decrypted, no plugin is asked. All keys under the prefix are read,
/// page by page, so that no resource is left out for its odd place. Where etcd forgets the state that is being read, the rest is counted in a later
/// one: what was written meanwhile is under the key that all servers write with.
/// </summary>
/// <param name="source">The etcd.</param>
/// <param name="prefix">The API server's <c>--etcd-prefix</c>.</param>
public sealed class EtcdStoredObjects(IObjectSource source, string prefix) : IStoredObjects
{
    // Of today, and of 1.26.
    private static readonly string[] LeasePrefixes = ["apiserver-", "kube-apiserver-"];

    /// <inheritdoc/>
    public async Task<Outcome<IReadOnlyList<StoredCount>>> CountAsync(
        EncryptionConfiguration configuration, IReadOnlyList<GroupResource> resources, CancellationToken cancellationToken)
    {
        var created = ProviderChains.Create(configuration, static _ => null, new AtRestOptions());
        if (!created.Succeeded)
            return created.Failure;
        using var chains = created.Value;
        var counter = new StoredCounter(chains);
        var root = prefix.TrimEnd('/') + "/";
        var (read, isCluster) = (0L, false);
        Failure? unknown = null;
        try
        {
            await foreach (var page in source.ReadAsync([Encoding.UTF8.GetBytes(root)], cancellationToken))
            {
                read += page.Entries.Count;
                foreach (var entry in page.Entries)
                {
                    var key = StorageKey.Parse(prefix, entry.Key.Span);
                    isCluster |= key is { Resource: { Resource: "namespaces", Group: "" }, Namespace: "" };
                    var isEncrypted = StoredLabel.Of(entry.Value.Span).Kind != ProviderKind.Identity;
                    if (ResourceOf(key, entry.Key.Span, isEncrypted) is not { } resource)
                        continue;
                    if (BuiltinResources.IsUnknown(resource) && isEncrypted)
                        unknown ??= UnknownResource(entry.Key.Span);
                    if (Covers(resources, resource))
                        counter.Add(resource, entry.Key, entry.Value);
                }
            }
        }
        catch (EtcdException e)
        {
            return Failure.Unavailable("rotation.etcd", $"etcd: {e.Message}");
        }

        // A wrong prefix, or a wrong etcd, must not look like a cluster whose old keys nobody needs.
        if (read == 0)
            return Failure.NotFound("rotation.no_keys", $"no key in etcd begins with {root}: give the API server's --etcd-prefix");
        var failure = isCluster ? unknown : NoCluster(root);
        return failure is null ? new Outcome<IReadOnlyList<StoredCount>>(counter.Counts) : failure;
    }

    /// <inheritdoc/>
    public async Task<Outcome<IReadOnlyList<string>>> ServerLeasesAsync(CancellationToken cancellationToken)
    {
        var start = $"{prefix.TrimEnd('/')}/leases/kube-system/";
        try
        {
            IReadOnlyList<ReadOnlyMemory<byte>> prefixes = [.. LeasePrefixes.Select(p => Encoding.UTF8.GetBytes(start + p))];
            var names = new List<string>();
            await foreach (var page in source.ReadAsync(prefixes, cancellationToken))
                names.AddRange(page.Entries.Select(e => Encoding.UTF8.GetString(e.Key.Span)[start.Length..]).Where(IsServer));
            return names;
        }
        catch (EtcdException e)
        {
            return Failure.Unavailable("rotation.etcd", $"etcd: {e.Message}");
        }
    }

    // The rest is the hash of the host's name.
    private static bool IsServer(string lease) => LeasePrefixes.Any(p =>
        lease.Length == p.Length + 26 && lease.StartsWith(p, StringComparison.Ordinal) && lease[p.Length..].All(char.IsAsciiLetterOrDigit));

    // A key that is no object's can hold a value all the same, which LIST decodes if it lies in a resource's place. What is encrypted and lies in none
    // is under a key that is someone's: it counts for what covers everything.
    private GroupResource? ResourceOf(StorageKey? key, ReadOnlySpan<byte> bytes, bool isEncrypted)
    {
        if (key is not null)
            return key.HasRestApi ? key.Resource : null;
        if (StorageKey.PlaceOf(prefix, bytes) is { } place)
            return place;
        return isEncrypted ? GroupResource.Everything : null;
    }

    private static Failure NoCluster(string root) => Failure.NotFound(
        "rotation.no_cluster",
        $"keys in etcd begin with {root}, but no namespace lies there, and every API server keeps some: this is another etcd, as some clusters have one "
            + "for events, or only a part of the API server's --etcd-prefix, or more than it");

    // The keys of what is built in do not name the group: which entry such an object belongs to cannot be told, nor whether its key is still needed.
    private static Failure UnknownResource(ReadOnlySpan<byte> key) => Failure.Invalid(
        "rotation.unknown_resource",
        $"{Encoding.UTF8.GetString(key)} is encrypted, and this program does not know what resource that is: take a newer version, or rotate by hand");

    private static bool Covers(IReadOnlyList<GroupResource> resources, GroupResource resource) =>
        resources.Contains(resource) || resources.Contains(resource.WholeGroup) || resources.Contains(GroupResource.Everything);
}

/// <summary>Adds objects up.</summary>
/// <param name="chains">Judges them.</param>
public sealed class StoredCounter(ProviderChains chains)
{
    private readonly Dictionary<(GroupResource Resource, ProviderKind? Kind, string? KeyName), StoredCount> counts = [];
    private readonly Dictionary<GroupResource, ProviderChain> known = [];

    /// <summary>What was counted.</summary>
    public IReadOnlyList<StoredCount> Counts => [.. counts.Values];

    /// <summary>Counts an object.</summary>
    public void Add(GroupResource resource, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        if (!known.TryGetValue(resource, out var chain))
            known[resource] = chain = chains.For(resource);
        var label = chain.Classify(value).Label;
        var place = (resource, label.Kind, label.KeyName);
        counts[place] = counts.TryGetValue(place, out var count)
            ? count with { Objects = count.Objects + 1 }
            : new StoredCount(resource, label.Kind, label.KeyName, 1) { Example = Encoding.UTF8.GetString(key.Span) };
    }
}
