using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record KeyRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }
}

/// <summary><c>GET keys/name</c>: settings and ages, as of one moment.</summary>
internal static class ReadKey
{
    public static async ValueTask<Outcome<KeyResponse>> HandleAsync(KeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        return await ReadAsync(context.Storage, request.Name, cancellationToken) is { } key ? key : Failure.NotFound();
    }

    /// <summary>The answer of requests that have changed the key.</summary>
    public static async ValueTask<Outcome<KeyResponse>> AnswerAsync(StorageView storage, string name, CancellationToken cancellationToken) =>
        await ReadAsync(storage, name, cancellationToken) is { } key ? key : TransitFailures.KeyNotFound;

    private static async ValueTask<KeyResponse?> ReadAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await TransitStore.ReadKeyAsync(storage, name, cancellationToken);
        while (stored is { Record: var key, Revision: var revision })
        {
            var ages = await TransitStore.ReadAgesAsync(storage, key.Id, key.MinDecryption, cancellationToken);
            var shown = ages.Where(age => age.Key <= key.Latest).ToList();
            if (shown.Count == key.Latest - key.MinDecryption + 1)
                return KeyResponse.Of(name, key, shown);
            // Versions were trimmed away since the record was read: each turn of the loop is another's progress.
            if (await TransitStore.IsCurrentAsync(storage, name, revision, cancellationToken))
                throw new InvalidDataException($"a version of the transit key {name} is missing in the store");
            stored = await TransitStore.ReadKeyAsync(storage, name, cancellationToken);
        }
        return null;
    }
}
