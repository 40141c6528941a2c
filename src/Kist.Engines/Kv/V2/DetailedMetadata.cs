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

/// <summary>
/// <c>LIST detailed-metadata/path</c> and <c>SCAN detailed-metadata/path</c>: names with the metadata of each secret. All versions of these secrets
/// are read and decrypted, so one answer has at most <see cref="MostNames"/> names and ends after <see cref="MostVersions"/> versions; a warning says
/// so, and <c>after</c> asks for the rest.
/// </summary>
internal static class DetailedMetadata
{
    /// <summary>Most names of an answer, whatever the limit that is asked for.</summary>
    public const int MostNames = 1_000;

    /// <summary>Versions after which an answer ends, with the secret that exceeds them.</summary>
    public const int MostVersions = 10_000;

    public static async ValueTask<Outcome<DetailedListResponse>> ListAsync(
        ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await DetailAsync(
            await Listing.ListAsync(SecretStore.Heads, Bounded(request), context, cancellationToken), request, context, cancellationToken);

    public static async ValueTask<Outcome<DetailedListResponse>> ScanAsync(
        ListRequest request, RequestContext context, CancellationToken cancellationToken) =>
        await DetailAsync(
            await Listing.ScanAsync(SecretStore.Heads, Bounded(request), context, cancellationToken), request, context, cancellationToken);

    /// <summary>One more than the answer may have, which shows whether there are more.</summary>
    private static ListRequest Bounded(ListRequest request) =>
        request.Limit is > 0 and <= MostNames ? request : request with { Limit = MostNames + 1 };

    private static async ValueTask<Outcome<DetailedListResponse>> DetailAsync(
        Outcome<ListResponse> names, ListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (!names.Succeeded)
            return names.Failure;
        var folder = KvPath.Folder("", request.Path);
        var keys = new List<string>();
        var details = new Dictionary<string, MetadataResponse>(StringComparer.Ordinal);
        var versions = 0;
        foreach (var name in names.Value.Keys)
        {
            if (keys.Count == MostNames || versions >= MostVersions)
            {
                context.Warn($"There is more: the answer has the first {keys.Count} names. Ask for the rest with \"after\" set to the last of them.");
                break;
            }
            keys.Add(name);
            // Null when it was deleted since the names were read.
            if (name.EndsWith('/') || await MetadataReader.ReadAsync(context.Storage, folder + name, cancellationToken) is not { } metadata)
                continue;
            details.Add(name, metadata);
            versions += metadata.Versions.Count;
        }
        return new DetailedListResponse { Keys = keys, KeyInfo = details };
    }
}
