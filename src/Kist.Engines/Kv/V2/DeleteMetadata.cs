using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

/// <summary>
/// <c>DELETE metadata/path</c>: removes the secret with all its versions for good. More than <see cref="StepVersions"/> versions are removed in steps, oldest
/// first, and the head with the last: what a crash leaves is a secret with fewer versions, and the request can be sent again.
/// </summary>
internal sealed class DeleteMetadata(Racing racing)
{
    /// <summary>Most versions of one step, which keeps it inside a transaction.</summary>
    public const int StepVersions = 90;

    public async ValueTask<Outcome<Nothing>> HandleAsync(SecretRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        while (true)
        {
            var more = await racing.CommitAsync(context, request.Path, ct => StepAsync(context.Storage, request.Path, ct), cancellationToken);
            if (!more.Succeeded)
                return more.Failure;
            if (!more.Value)
                return Outcome.Done;
        }
    }

    /// <summary>Proposes a step and answers whether there is more to remove.</summary>
    private static async ValueTask<Proposal<bool>> StepAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        if (head.Revision == 0)
            return new(null, false);
        var (first, current) = (head.Record.First, head.Record.Current);
        var more = current - first >= StepVersions;
        var end = more ? first + StepVersions : current + 1;
        Transaction change;
        if (more)
        {
            change = WriteMetadata.Replace(storage, path, head, head.Record with { Oldest = end });
        }
        else
        {
            var key = SecretStore.HeadKey(path);
            change = storage.Begin().Require(storage, key, head.Revision).Delete(storage, key);
        }
        for (var version = first; version < end; version++)
            change.Delete(storage, SecretStore.VersionKey(path, version));
        return new(change, more);
    }
}
