using System.ComponentModel;
using System.Globalization;
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

    /// <summary>The answer of requests that have left the key as it is.</summary>
    public static async ValueTask<Outcome<KeyResponse>> AnswerAsync(StorageView storage, string name, CancellationToken cancellationToken) =>
        await ReadAsync(storage, name, cancellationToken) is { } key ? key : TransitFailures.KeyNotFound;

    /// <summary>
    /// The answer of a request that is about to change the key to <paramref name="key"/>, made before the commit: after it, a store that does not answer would
    /// make a failure of what has happened. Versions that are missing or damaged are left out: they must keep nobody from changing the key, and who is told of
    /// a failure would change it again. <see cref="Told"/> warns of them.
    /// </summary>
    /// <param name="storage">The mount's storage.</param>
    /// <param name="name">The key's name.</param>
    /// <param name="key">The record as it will be.</param>
    /// <param name="fresh">When the latest version was made, which the commit is to write; null when the store has it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<KeyResponse> ForecastAsync(
        StorageView storage, string name, KeyRecord key, DateTimeOffset? fresh, CancellationToken cancellationToken)
    {
        var stored = fresh is null ? key.Latest : key.Latest - 1;
        var ages = await TransitStore.ReadReadableAgesAsync(storage, key.Id, key.MinDecryption, stored, cancellationToken);
        if (fresh is { } made)
            ages.Add(key.Latest, made);
        return KeyResponse.Of(name, key, ages);
    }

    /// <summary>A forecast once it has come true, with a warning of the versions that it lacks.</summary>
    public static Outcome<KeyResponse> Told(Outcome<KeyResponse> answer, RequestContext context)
    {
        const int Named = 10;
        if (!answer.Succeeded || answer.Value is not { } key || key.Keys.Count > key.LatestVersion - key.MinDecryptionVersion)
            return answer;
        var lost = Enumerable.Range(key.MinDecryptionVersion, key.LatestVersion - key.MinDecryptionVersion + 1)
            .Where(version => !key.Keys.ContainsKey(version.ToString(CultureInfo.InvariantCulture))).ToList();
        var rest = lost.Count > Named ? $" and {lost.Count - Named} more" : "";
        context.Warn(
            $"versions of the key are missing or damaged in the store, and what they encrypted cannot be decrypted: {string.Join(", ", lost.Take(Named))}{rest}. "
            + "The key was changed all the same");
        return answer;
    }

    private static async ValueTask<KeyResponse?> ReadAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await TransitStore.ReadKeyAsync(storage, name, cancellationToken);
        while (stored is { Record: var key, Revision: var revision })
        {
            var ages = await TransitStore.ReadAgesAsync(storage, key.Id, key.MinDecryption, key.Latest, cancellationToken);
            if (ages.Count == key.Latest - key.MinDecryption + 1)
                return KeyResponse.Of(name, key, ages);
            // Versions were trimmed away since the record was read: each turn of the loop is another's progress.
            if (await TransitStore.IsCurrentAsync(storage, name, revision, cancellationToken))
                throw new InvalidDataException($"a version of the transit key {name} is missing in the store");
            stored = await TransitStore.ReadKeyAsync(storage, name, cancellationToken);
        }
        return null;
    }
}
