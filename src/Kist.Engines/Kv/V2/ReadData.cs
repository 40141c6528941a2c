using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;

namespace Kist.Engines.Kv.V2;

internal sealed record ReadDataRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }

    [Description("Version to read; 0 for the latest.")]
    [AuditPlain]
    public long Version { get; init; }
}

internal sealed record ReadDataResponse
{
    [Description("The secret as it was written; null when the version is deleted or destroyed.")]
    public RawJson Data { get; init; }

    [Description("About the version.")]
    public required VersionMetadata Metadata { get; init; }
}

/// <summary><c>GET data/path</c>: a deleted or destroyed version is answered as gone, with its metadata.</summary>
internal sealed class ReadData(TimeProvider clock)
{
    public async ValueTask<Outcome<ReadDataResponse>> HandleAsync(
        ReadDataRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        if (request.Version < 0)
            return KvFailures.InvalidVersion;
        var found = await VersionReader.FindAsync(context.Storage, request.Path, request.Version, clock.GetUtcNow(), cancellationToken);
        if (!found.Succeeded)
            return found.Failure;
        var version = found.Value;
        context.Gone = version.IsGone;
        return new ReadDataResponse
        {
            Data = version.IsGone ? default : new RawJson(version.Entry.Data),
            Metadata = VersionMetadata.Of(version.Head, version.Version, version.Entry),
        };
    }
}
