using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

/// <summary>
/// <c>DELETE keys/name</c>: destroys the key with all its versions. More than <see cref="TrimKey.StepVersions"/> versions go in steps, oldest first, and the
/// record with the last: what a crash leaves is a key that decrypts less, and the request can be sent again.
/// </summary>
internal sealed class DeleteKey(Racing racing)
{
    private static readonly Failure NotAllowed = Failure.Invalid(
        "transit.deletion_not_allowed", "deletion is not allowed for this key: set deletion_allowed in its config first");

    public async ValueTask<Outcome<Nothing>> HandleAsync(KeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        while (true)
        {
            var more = await racing.CommitAsync(context, request.Name, ct => StepAsync(context.Storage, request.Name, ct), cancellationToken);
            if (!more.Succeeded)
                return more.Failure;
            if (!more.Value)
                return Outcome.Done;
        }
    }

    /// <summary>Proposes a step and answers whether there is more to destroy.</summary>
    private static async ValueTask<Proposal<bool>> StepAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        if (await TransitStore.ReadKeyAsync(storage, name, cancellationToken) is not { } stored)
            return TransitFailures.KeyNotFound;
        var key = stored.Record;
        if (!key.DeletionAllowed)
            return new(TransitStore.Confirm(storage, name, stored.Revision), NotAllowed);
        var more = key.Latest - key.First >= TrimKey.StepVersions;
        var end = more ? key.First + TrimKey.StepVersions : key.Latest + 1;
        KeyRecord? next = more
            ? key with { MinAvailable = end, MinDecryption = Math.Max(end, key.MinDecryption), MinEncryption = Math.Max(end, key.MinEncryption) }
            : null;
        var change = TransitStore.Replace(storage, name, stored, next);
        return new(TrimKey.Destroy(change, storage, key, end), more);
    }
}
