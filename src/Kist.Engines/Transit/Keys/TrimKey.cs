using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record TrimKeyRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The first version to keep. Neither the minimum of decryption nor that of encryption may be less.")]
    [AuditPlain]
    public int? MinAvailableVersion { get; init; }
}

/// <summary>
/// <c>POST keys/name/trim</c>. More than <see cref="StepVersions"/> versions go in steps, oldest first: what a crash leaves is a key with some of them, and
/// the request can be sent again.
/// </summary>
internal sealed class TrimKey(Racing racing)
{
    private static readonly Failure Replaced = Failure.Invalid(
        "transit.key_replaced", "the key was deleted while it was trimmed, and another one was made under its name: that one was left as it is");

    /// <summary>Most versions of one step, which keeps it inside a transaction.</summary>
    public const int StepVersions = 90;

    public async ValueTask<Outcome<KeyResponse>> HandleAsync(TrimKeyRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        if (request.MinAvailableVersion is not { } target)
            return Invalid("missing min_available_version");
        string? begun = null;
        while (true)
        {
            var step = await racing.CommitAsync(context, request.Name, ct => StepAsync(context.Storage, request.Name, target, begun, ct), cancellationToken);
            if (!step.Succeeded)
                return step.Failure;
            if (step.Value.Last is { } answer)
                return ReadKey.Told(answer, context);
            begun = step.Value.Id;
        }
    }

    /// <summary>Adds the destruction of the versions before <paramref name="end"/>.</summary>
    public static Transaction Destroy(Transaction change, StorageView storage, KeyRecord key, int end)
    {
        for (var version = key.First; version < end; version++)
            change.Delete(storage, TransitStore.VersionPath(key.Id, version));
        return change;
    }

    /// <summary>Proposes a step. <paramref name="begun"/> is the id of the key that earlier steps trimmed, or null.</summary>
    private static async ValueTask<Proposal<Step>> StepAsync(
        StorageView storage, string name, int target, string? begun, CancellationToken cancellationToken)
    {
        if (await TransitStore.ReadKeyAsync(storage, name, cancellationToken) is not { } stored)
            return TransitFailures.KeyNotFound;
        var key = stored.Record;
        if (begun is not null && begun != key.Id)
            return Replaced;
        if (Check(key, target) is { } refused)
            return new(TransitStore.Confirm(storage, name, stored.Revision), refused);
        var end = Math.Min(target, key.First + StepVersions);
        var next = key with { MinAvailable = end };
        var answer = end == target ? await ReadKey.ForecastAsync(storage, name, next, null, cancellationToken) : null;
        var step = new Outcome<Step>(new Step(key.Id, answer));
        if (target == key.MinAvailable)
            return new(TransitStore.Confirm(storage, name, stored.Revision), step);
        return new(Destroy(TransitStore.Replace(storage, name, stored, next), storage, key, end), step);
    }

    private static Failure? Check(KeyRecord key, int target)
    {
        if (target < 1)
            return Invalid("minimum available version should be positive");
        if (target < key.MinAvailable)
            return Invalid("minimum available version cannot be decremented");
        if (key.MinEncryption == 0)
            return Invalid("minimum available version cannot be set when minimum encryption version is not set");
        if (target > key.MinEncryption)
            return Invalid("minimum available version cannot be greater than minimum encryption version");
        return target > key.MinDecryption ? Invalid("minimum available version cannot be greater than minimum decryption version") : null;
    }

    private static Failure Invalid(string why) => Failure.Invalid("transit.invalid_trim", why);

    /// <summary>What a step did.</summary>
    /// <param name="Id">Of the key that it trimmed.</param>
    /// <param name="Last">The answer, when there is nothing left to destroy.</param>
    private readonly record struct Step(string Id, KeyResponse? Last);
}
