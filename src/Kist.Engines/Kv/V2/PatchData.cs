using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.Json;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary><c>PATCH data/path</c>: merges into the latest version (RFC 7396) and writes the result as a new one.</summary>
internal sealed class PatchData(TimeProvider clock, Racing racing)
{
    public async ValueTask<Outcome<VersionMetadata>> HandleAsync(
        WriteDataRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Check() is { } bad)
            return bad;
        return await racing.CommitAsync(context, request.Path, ct => ProposeAsync(request, context, ct), cancellationToken);
    }

    private async ValueTask<Proposal<VersionMetadata>> ProposeAsync(
        WriteDataRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var (storage, path) = (context.Storage, request.Path);
        var config = await SecretStore.ReadConfigAsync(storage, cancellationToken);
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        if (head.Revision == 0)
            return Failure.NotFound();
        if (NewVersion.RefuseByCas(request.Options?.Cas, storage, path, config, head) is { } refused)
            return refused;
        var number = head.Record.Current;
        var versionKey = SecretStore.VersionKey(path, number);
        var stored = await storage.ReadAsync(versionKey, cancellationToken);
        // Nothing to patch is confirmed like a change: by another node's head, the latest version may be one that is there.
        var unchanged = NewVersion.Require(storage, path, config, head).Require(storage, versionKey, stored?.Revision ?? 0);
        if (stored is not { } value)
            return new(unchanged, Failure.NotFound());
        var entry = VersionEntry.Parse(value.Value);
        var now = clock.GetUtcNow();
        context.Gone = entry.IsGone(now);
        if (context.Gone)
            return new(unchanged, VersionMetadata.Of(head.Record, number, entry));
        var proposal = NewVersion.Propose(storage, path, config, head, MergePatch.Apply(entry.Data, request.Data.Utf8), now);
        proposal.Change?.Require(storage, versionKey, value.Revision);
        return proposal;
    }
}
