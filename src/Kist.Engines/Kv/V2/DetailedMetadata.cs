using System.ComponentModel;
using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

internal sealed record DetailedListResponse
{
    [Description("Names; folders end in a slash.")]
    public IReadOnlyList<string> Keys { get; init; } = [];

    [Description("The metadata of each secret by name; folders have none.")]
    public required IReadOnlyDictionary<string, MetadataResponse> KeyInfo { get; init; }
}

/// <summary><c>LIST detailed-metadata/path</c> and <c>SCAN detailed-metadata/path</c>: names with the metadata of each secret.</summary>
internal static class DetailedMetadata
{
    public static async ValueTask<Outcome<DetailedListResponse>> ListAsync(
        ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await DetailAsync(await Listing.ListAsync(SecretStore.Heads, request, context, cancellationToken), request, context, cancellationToken);

    public static async ValueTask<Outcome<DetailedListResponse>> ScanAsync(
        ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await DetailAsync(await Listing.ScanAsync(SecretStore.Heads, request, context, cancellationToken), request, context, cancellationToken);

    private static async ValueTask<Outcome<DetailedListResponse>> DetailAsync(
        Outcome<ListResponse> names, ListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!names.Succeeded)
            return names.Failure;
        var folder = KvPath.Folder("", request.Path);
        var details = new Dictionary<string, MetadataResponse>(StringComparer.Ordinal);
        foreach (var name in names.Value.Keys.Where(name => !name.EndsWith('/')))
        {
            // Null when it was deleted since the names were read.
            if (await MetadataReader.ReadAsync(context.Storage, folder + name, cancellationToken) is { } metadata)
                details.Add(name, metadata);
        }
        return new DetailedListResponse { Keys = names.Value.Keys, KeyInfo = details };
    }
}
