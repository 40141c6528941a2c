using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary><c>POST delete/path</c>, <c>undelete/path</c> and <c>destroy/path</c>: what may happen to a version after it was written.</summary>
internal sealed class VersionStates(TimeProvider clock, VersionEdits edits)
{
    /// <summary>Marks versions as deleted; <see cref="UndeleteAsync"/> brings them back.</summary>
    public ValueTask<Outcome<Nothing>> DeleteAsync(VersionsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return edits.ApplyAsync(request, context, (_, _, entry) => entry.IsGone(now) ? null : entry with { Deletion = now }, cancellationToken);
    }

    /// <summary>Makes deleted versions readable again. <c>delete_version_after</c> then counts from now.</summary>
    public ValueTask<Outcome<Nothing>> UndeleteAsync(VersionsRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return edits.ApplyAsync(
            request, context, (config, head, entry) => Undeleted(entry, Retention.DeletionTime(config, head, now)), cancellationToken);
    }

    /// <summary>Removes the data of versions for good.</summary>
    public ValueTask<Outcome<Nothing>> DestroyAsync(VersionsRequest request, RequestContext context, CancellationToken cancellationToken) =>
        edits.ApplyAsync(
            request, context, (_, _, entry) => entry.Destroyed ? null : entry with { Destroyed = true, Data = default }, cancellationToken);

    private static VersionEntry? Undeleted(VersionEntry entry, DateTimeOffset? deletion) =>
        entry.Destroyed || entry.Deletion == deletion ? null : entry with { Deletion = deletion };
}
