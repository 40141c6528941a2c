using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

/// <summary><c>POST keys/name/rotate</c>.</summary>
internal sealed class RotateKey(TimeProvider clock, Racing racing)
{
    private static readonly Failure NoMore = Failure.Invalid("transit.too_many_versions", "the key has had as many versions as it can have");

    public async ValueTask<Outcome<KeyResponse>> HandleAsync(KeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        NewVersion? fresh = null;
        try
        {
            var rotated = await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken);
            return rotated.Succeeded ? await ReadKey.AnswerAsync(context.Storage, request.Name, cancellationToken) : rotated.Failure;
        }
        finally
        {
            fresh?.Dispose();
        }

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is not { } stored)
                return TransitFailures.KeyNotFound;
            if (stored.Record.Latest == int.MaxValue)
                return NoMore;
            // A key of the same name and another type may have taken its place since the last look.
            fresh?.Dispose();
            fresh = new NewVersion(KeyType.OfStored(stored.Record.Type), clock.GetUtcNow());
            return new(Propose(context.Storage, request.Name, stored, fresh), Outcome.Done);
        }
    }

    /// <summary>The transaction that makes <paramref name="fresh"/> the latest version.</summary>
    public static Transaction Propose(StorageView storage, string name, StoredRecord<KeyRecord> key, NewVersion fresh)
    {
        var next = key.Record with { Latest = key.Record.Latest + 1, Rotated = fresh.Record.Created };
        return fresh.PutInto(TransitStore.Replace(storage, name, key, next), storage, next.Id, next.Latest);
    }
}
