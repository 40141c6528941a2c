using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary><c>DELETE data/path</c>: marks the latest version as deleted. Nothing to delete is no error.</summary>
internal sealed class DeleteData(TimeProvider clock, Racing racing)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(SecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        return await racing.CommitAsync(context, request.Path, ct => ProposeAsync(context.Storage, request.Path, ct), cancellationToken);
    }

    private async ValueTask<Proposal<Nothing>> ProposeAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        var versionKey = SecretStore.VersionKey(path, head.Record.Current);
        var stored = await storage.ReadAsync(versionKey, cancellationToken);
        // The head is required as well: a version that is no longer the latest is not what the caller wants deleted. And both also when there is
        // nothing to delete: another node may just have written it.
        var change = storage.Begin()
            .Require(storage, SecretStore.HeadKey(path), head.Revision)
            .Require(storage, versionKey, stored?.Revision ?? 0);
        var now = clock.GetUtcNow();
        if (stored is { } value && VersionEntry.Parse(value.Value) is var entry && !entry.IsGone(now))
            change.Put(storage, versionKey, (entry with { Deletion = now }).ToBytes());
        return new(change, Outcome.Done);
    }
}
