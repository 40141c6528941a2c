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
            return ReadKey.Told(await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken), context);
        }
        finally
        {
            fresh?.Dispose();
        }

        async ValueTask<Proposal<KeyResponse>> ProposeAsync(CancellationToken ct)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is not { } stored)
                return TransitFailures.KeyNotFound;
            if (stored.Record.Latest == int.MaxValue)
                return NoMore;
            // A key of the same name and another type may have taken its place since the last look.
            fresh?.Dispose();
            fresh = new NewVersion(KeyType.OfStored(stored.Record.Type), clock.GetUtcNow());
            var answer = await ReadKey.ForecastAsync(context.Storage, request.Name, Next(stored.Record, fresh), fresh.Record.Created, ct);
            return new(Propose(context.Storage, request.Name, stored, fresh), answer);
        }
    }

    /// <summary>The transaction that makes <paramref name="fresh"/> the latest version.</summary>
    public static Transaction Propose(StorageView storage, string name, StoredRecord<KeyRecord> key, NewVersion fresh)
    {
        var next = Next(key.Record, fresh);
        return fresh.PutInto(TransitStore.Replace(storage, name, key, next), storage, next.Id, next.Latest);
    }

    private static KeyRecord Next(KeyRecord key, NewVersion fresh) => key with { Latest = key.Latest + 1, Rotated = fresh.Record.Created };
}
