using System.Runtime.CompilerServices;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Etcd;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>
/// The objects that lie in etcd otherwise than the configuration would write them now. What is done is no longer among them, so that a rewrite which
/// was interrupted goes on by itself. A KMS's objects are judged by their labels alone, which do not tell whether the key behind the plugin is still
/// the same: all of them are named, and the API server decides.
/// </summary>
/// <param name="source">etcd.</param>
/// <param name="prefix">The API server's <c>--etcd-prefix</c>.</param>
/// <param name="chains">The configuration.</param>
/// <param name="resources">In the order of their names.</param>
/// <param name="startAfter">The place after which to begin; null for the beginning.</param>
public sealed class EtcdSource(
    IObjectSource source, string prefix, ProviderChains chains, IReadOnlyList<KubeResource> resources, RewriteKey? startAfter) : IRewriteSource
{
    private const string NoObject = "its key in etcd is no object's";
    private long found;
    private long remaining;

    /// <summary>How many there are at most: what is yet to be read may all be stale.</summary>
    public long? Expected => found + remaining;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RewriteObject> ReadAsync(Action<RewriteFailure> fault, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var resource in resources.Where(r => startAfter is not { } after || string.CompareOrdinal(r.QualifiedName, after.Resource) >= 0))
        {
            var name = new GroupResource(resource.Plural, resource.Group);
            var chain = chains.For(name);
            await foreach (var page in source.ReadAsync([StorageKey.PrefixOf(prefix, name)], cancellationToken))
            {
                remaining = page.Remaining;
                foreach (var entry in page.Entries)
                {
                    if (IsCurrent(chain.Classify(entry.Value)))
                        continue;
                    if (StorageKey.Parse(prefix, entry.Key.Span) is not { } key)
                    {
                        fault(new RewriteFailure(KeyText.Of(entry.Key.Span), NoObject));
                        continue;
                    }
                    if (key.Resource != name)
                        continue;
                    var item = new RewriteObject(resource, key.Namespace, key.Name);
                    if (startAfter is { } after && !item.Key.IsBehind(after))
                        continue;
                    if (resource.IsNamespaced != (key.Namespace.Length > 0))
                    {
                        fault(new RewriteFailure(item.Key.ToString(), NoObject));
                        continue;
                    }
                    found++;
                    yield return item;
                }
            }
            if (await OverlookedAsync(name, chain, cancellationToken) is { } overlooked)
                fault(overlooked);
        }
    }

    // The keys of what is built in do not name the group. Of such a resource that is newer than this program, it does not know that it is built in,
    // and has looked where a custom one lies. What a KMS of the configuration would write so now does not count: no rewrite would change that, and it
    // would be told for ever.
    private async Task<RewriteFailure?> OverlookedAsync(GroupResource name, ProviderChain chain, CancellationToken cancellationToken)
    {
        if (StorageKey.NewerPlaceOf(prefix, name) is not { } place)
            return null;
        var objects = 0L;
        await foreach (var page in source.ReadAsync([place], cancellationToken))
            objects += page.Entries.Count(e => !IsAsWritten(chain.Classify(e.Value)));
        return objects == 0
            ? null
            : new RewriteFailure(
                name.ToString(),
                $"{objects} objects under {KeyText.Of(place)} may be of this resource, which this program does not know: rewrite it without "
                    + "-endpoints, as the API server lists it");
    }

    private static bool IsCurrent(Inspection inspection) =>
        IsAsWritten(inspection) && inspection.Label.Kind is not (ProviderKind.KmsV1 or ProviderKind.KmsV2);

    private static bool IsAsWritten(Inspection inspection) =>
        inspection is { State: ObjectState.Encrypted or ObjectState.Plaintext, Stale: StaleReasons.None, Failure: null };
}
