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
                    if (StorageKey.Parse(prefix, entry.Key.Span) is not { } key || key.Resource != name || IsCurrent(chain.Classify(entry.Value)))
                        continue;
                    var item = new RewriteObject(resource, key.Namespace, key.Name);
                    if (startAfter is { } after && !item.Key.IsBehind(after))
                        continue;
                    if (resource.IsNamespaced != (key.Namespace.Length > 0))
                    {
                        fault(new RewriteFailure(item.Key.ToString(), "its key in etcd is no object's"));
                        continue;
                    }
                    found++;
                    yield return item;
                }
            }
        }
    }

    private static bool IsCurrent(Inspection inspection) =>
        inspection is { State: ObjectState.Encrypted or ObjectState.Plaintext, Stale: StaleReasons.None, Failure: null }
        && inspection.Label.Kind is not (ProviderKind.KmsV1 or ProviderKind.KmsV2);
}
