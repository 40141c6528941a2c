using System.Runtime.CompilerServices;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>All objects of some resources, as the API server lists them. Only their names travel.</summary>
/// <param name="client">Asks the API server.</param>
/// <param name="resources">In the order of their names.</param>
/// <param name="startAfter">The place after which to begin; null for the beginning.</param>
public sealed class ApiSource(KubeClient client, IReadOnlyList<KubeResource> resources, RewriteKey? startAfter) : IRewriteSource
{
    private readonly int pageSize = 500;
    private long seen;
    private long? remaining;

    /// <summary>A source with another size of pages.</summary>
    internal ApiSource(KubeClient client, IReadOnlyList<KubeResource> resources, RewriteKey? startAfter, int pageSize)
        : this(client, resources, startAfter) => this.pageSize = pageSize;

    /// <inheritdoc/>
    public long? Expected => seen + remaining;

    /// <inheritdoc/>
    public async IAsyncEnumerable<RewriteObject> ReadAsync(Action<RewriteFailure> fault, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var resource in resources.Where(r => startAfter is not { } after || string.CompareOrdinal(r.QualifiedName, after.Resource) >= 0))
        {
            // What is made while this goes on is as it should be: the list need not be of one moment.
            var query = new KubeListQuery(resource) { MetadataOnly = true, ContinuesInNewerState = true, PageSize = pageSize };
            await using var pages = client.ListAsync(query, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(pages, resource, fault) is { } page)
            {
                remaining = page.Remaining ?? 0;
                foreach (var item in page.Items)
                {
                    var found = new RewriteObject(resource, item.Metadata.Namespace, item.Metadata.Name);
                    if (startAfter is { } after && !found.Key.IsBehind(after))
                        continue;
                    seen++;
                    yield return found;
                }
            }
        }
    }

    // A single object that the API server cannot decrypt makes it refuse the list of all.
    private static async Task<KubePage?> NextAsync(IAsyncEnumerator<KubePage> pages, KubeResource resource, Action<RewriteFailure> fault)
    {
        try
        {
            return await pages.MoveNextAsync() ? pages.Current : null;
        }
        catch (KubeException e) when (!RewriteFaults.EndsAll(e))
        {
            fault(new RewriteFailure(resource.QualifiedName, $"cannot be listed: {e.Message}"));
            return null;
        }
    }
}
