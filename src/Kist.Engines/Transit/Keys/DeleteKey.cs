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
        string? begun = null;
        while (true)
        {
            var step = await racing.CommitAsync(context, request.Name, ct => StepAsync(context.Storage, request.Name, begun, ct), cancellationToken);
            if (!step.Succeeded)
                return step.Failure;
            if (!step.Value.More)
                return Outcome.Done;
            begun = step.Value.Id;
        }
    }

    /// <summary>Proposes a step. <paramref name="begun"/> is the id of the key that earlier steps began to destroy, or null.</summary>
    private static async ValueTask<Proposal<Step>> StepAsync(StorageView storage, string name, string? begun, CancellationToken cancellationToken)
    {
        var found = await TransitStore.ReadKeyAsync(storage, name, cancellationToken);
        // Somebody else has brought the deletion to its end. Another key that was made under the name since is not the one that was to go.
        if (begun is not null && found?.Record.Id != begun)
            return new(null, new Step(begun, More: false));
        if (found is not { } stored)
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
        return new(TrimKey.Destroy(change, storage, key, end), new Step(key.Id, more));
    }

    /// <summary>What a step did.</summary>
    /// <param name="Id">Of the key.</param>
    /// <param name="More">Whether there is more of it to destroy.</param>
    private readonly record struct Step(string Id, bool More);
}
