using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Engines.Kv.Json;

namespace Kist.Engines.Kv.V2;

internal sealed record ReadSubkeysRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }

    [Description("Version to read; 0 for the latest.")]
    [AuditPlain]
    public long Version { get; init; }

    [Description("Levels of keys to show; 0 for all.")]
    [AuditPlain]
    public int Depth { get; init; }
}

internal sealed record ReadSubkeysResponse
{
    [Description("The secret with null in place of every value; null when the version is deleted or destroyed.")]
    public RawJson Subkeys { get; init; }

    [Description("About the version.")]
    public required VersionMetadata Metadata { get; init; }
}

/// <summary><c>GET subkeys/path</c>: what keys a secret has, without its values.</summary>
internal sealed class ReadSubkeys(TimeProvider clock)
{
    public async ValueTask<Outcome<ReadSubkeysResponse>> HandleAsync(
        ReadSubkeysRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        if (request.Version < 0)
            return KvFailures.InvalidVersion;
        if (request.Depth < 0)
            return Failure.Invalid("kv.invalid_depth", "field \"depth\": must be a number of levels, or 0 for all");
        var found = await VersionReader.FindAsync(context.Storage, request.Path, request.Version, clock.GetUtcNow(), cancellationToken);
        if (!found.Succeeded)
            return found.Failure;
        var version = found.Value;
        context.Gone = version.IsGone;
        return new ReadSubkeysResponse
        {
            Subkeys = version.IsGone ? default : new RawJson(Subkeys.Of(version.Entry.Data, request.Depth)),
            Metadata = VersionMetadata.Of(version.Head, version.Version, version.Entry),
        };
    }
}
