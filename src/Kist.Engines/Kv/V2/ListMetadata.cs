using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary><c>LIST metadata/path</c> and <c>SCAN metadata/path</c>: the names of secrets and folders.</summary>
internal static class ListMetadata
{
    public static ValueTask<Outcome<ListResponse>> ListAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        Listing.ListAsync(SecretStore.Heads, request, context, cancellationToken);

    public static ValueTask<Outcome<ListResponse>> ScanAsync(ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        Listing.ScanAsync(SecretStore.Heads, request, context, cancellationToken);
}
