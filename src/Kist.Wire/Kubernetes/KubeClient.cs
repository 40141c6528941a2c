using System.Globalization;
using System.Runtime.CompilerServices;
using Kist.Wire.Kubernetes.Credentials;
using Kist.Wire.Kubernetes.Transport;

namespace Kist.Wire.Kubernetes;

/// <summary>
/// A client of Kubernetes' API. Safe for many threads. Objects travel as the bytes that the server sent. Requests that the server puts off are sent
/// again after the time it names, and those of a broken connection when that does no harm. Every method throws <see cref="KubeException"/> when the
/// server does not answer or refuses.
/// </summary>
public sealed class KubeClient : IDisposable
{
    internal const string JsonType = "application/json";

    // Some paths answer in a type of their own, and refuse who does not take it.
    private const string AnyType = "application/json,*/*;q=0.5";
    private const string MetadataListType = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

    private readonly KubeTransport transport;

    /// <summary>Makes a client; connects with the first request.</summary>
    public KubeClient(KubeOptions options)
        : this(options, new KubeTransport(options))
    {
    }

    private KubeClient(KubeOptions options, KubeTransport transport) => (Options, this.transport) = (options, transport);

    /// <summary>How the client behaves.</summary>
    public KubeOptions Options { get; }

    /// <summary>A client for somebody else over the same connections. It ends with this one and need not be disposed.</summary>
    public KubeClient As(IKubeCredentials caller) => new(Options, transport.As(caller));

    /// <summary>Asks whose token this is, and whether it is good. The caller needs what the role <c>system:auth-delegator</c> allows.</summary>
    /// <param name="token">The token.</param>
    /// <param name="audiences">It must be for one of these; empty for the API server itself.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<KubeTokenReview> ReviewTokenAsync(string token, IReadOnlyList<string> audiences, CancellationToken cancellationToken)
    {
        // Nothing is kept of a review, so a second one does no harm.
        var request = new KubeRequest(HttpMethod.Post, KubeTokenReview.Path)
        {
            Body = KubeTokenReview.Question(token, audiences),
            ContentType = JsonType,
            MayRepeat = true,
        };
        return KubeTokenReview.Parse(await transport.SendAsync(request, cancellationToken), audiences);
    }

    /// <summary>Reads an object.</summary>
    public async Task<KubeObject> GetAsync(KubeResource resource, string? ns, string name, CancellationToken cancellationToken) =>
        KubeObject.Parse(await transport.SendAsync(new KubeRequest(HttpMethod.Get, resource.ObjectPath(ns, name)), cancellationToken));

    /// <summary>Reads whatever is at a path, such as <c>/version</c>.</summary>
    public async Task<ReadOnlyMemory<byte>> GetRawAsync(string path, CancellationToken cancellationToken) =>
        await transport.SendAsync(new KubeRequest(HttpMethod.Get, path) { Accept = AnyType }, cancellationToken);

    /// <summary>Lists objects, page by page.</summary>
    public async IAsyncEnumerable<KubePage> ListAsync(KubeListQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = "";
        do
        {
            var page = await PageAsync(query, next, cancellationToken);
            yield return page;
            next = page.Continue;
        }
        while (next.Length > 0);
    }

    /// <summary>Makes an object.</summary>
    /// <param name="resource">Its type.</param>
    /// <param name="ns">Its namespace; null for what lies in none.</param>
    /// <param name="json">The object.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<KubeObject> CreateAsync(KubeResource resource, string? ns, ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        KubeObject.Parse(await transport.SendAsync(
            new KubeRequest(HttpMethod.Post, resource.CollectionPath(ns)) { Body = json, ContentType = JsonType }, cancellationToken));

    /// <summary>
    /// Replaces an object by the given one. <see cref="KubeError.Conflict"/>: it has changed since the given one's resource version, which so can be
    /// sent twice without harm.
    /// </summary>
    /// <param name="resource">Its type.</param>
    /// <param name="ns">Its namespace; null for what lies in none.</param>
    /// <param name="name">Its name.</param>
    /// <param name="json">The object, with the resource version that it was read with.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<KubeObject> UpdateAsync(
        KubeResource resource, string? ns, string name, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var request = new KubeRequest(HttpMethod.Put, resource.ObjectPath(ns, name)) { Body = json, ContentType = JsonType, MayRepeat = true };
        return KubeObject.Parse(await transport.SendAsync(request, cancellationToken));
    }

    /// <summary>Changes some fields of an object.</summary>
    public async Task<KubeObject> PatchAsync(KubeResource resource, string? ns, string name, KubePatch patch, CancellationToken cancellationToken)
    {
        var path = new KubePath(resource.ObjectPath(ns, name)).With("fieldManager", patch.FieldManager).With("force", patch.Force ? "true" : null);
        var request = new KubeRequest(HttpMethod.Patch, path.ToString())
        {
            Body = patch.Json,
            ContentType = patch.ContentType,
            MayRepeat = patch.Kind != KubePatchKind.Json,
        };
        return KubeObject.Parse(await transport.SendAsync(request, cancellationToken));
    }

    /// <summary>Deletes an object.</summary>
    public Task DeleteAsync(KubeResource resource, string? ns, string name, CancellationToken cancellationToken) =>
        transport.SendAsync(new KubeRequest(HttpMethod.Delete, resource.ObjectPath(ns, name)), cancellationToken);

    /// <summary>
    /// Watches objects over connections, which the server ends now and then, for as long as the caller reads. <see cref="KubeError.Gone"/>: changes
    /// have been missed; list anew.
    /// </summary>
    public IAsyncEnumerable<KubeWatchEvent> WatchAsync(KubeWatchQuery query, CancellationToken cancellationToken) =>
        KubeWatcher.ReadAsync(transport, Options, query, cancellationToken);

    /// <summary>Ends all requests and connections.</summary>
    public void Dispose() => transport.Dispose();

    private async Task<KubePage> PageAsync(KubeListQuery query, string next, CancellationToken cancellationToken)
    {
        try
        {
            return KubePage.Parse(await transport.SendAsync(Request(query, next), cancellationToken));
        }
        catch (KubeException e) when (query.ContinuesInNewerState && e is { Error: KubeError.Gone, Status.Continue: { } newer })
        {
            return KubePage.Parse(await transport.SendAsync(Request(query, newer), cancellationToken));
        }
    }

    private static KubeRequest Request(KubeListQuery query, string next)
    {
        var path = new KubePath(query.Resource.CollectionPath(query.Namespace))
            .With("limit", query.PageSize.ToString(CultureInfo.InvariantCulture))
            .With("continue", next.Length > 0 ? next : null)
            .With("labelSelector", query.LabelSelector)
            .With("fieldSelector", query.FieldSelector);
        return new KubeRequest(HttpMethod.Get, path.ToString()) { Accept = query.MetadataOnly ? MetadataListType : JsonType };
    }
}
