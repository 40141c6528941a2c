using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

internal sealed record VersionsRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }

    [Description("Numbers of the versions.")]
    [AuditPlain]
    public IReadOnlyList<int>? Versions { get; init; }
}

/// <summary>
/// Changes the state of chosen versions. Versions that do not exist are passed over. Up to <see cref="StepVersions"/> versions of together
/// <see cref="StepBytes"/> change at once; more are done in steps from the oldest on, and a request that was cut short is finished by sending it
/// again.
/// </summary>
internal sealed class VersionEdits(Racing racing)
{
    /// <summary>Most versions of one step.</summary>
    public const int StepVersions = 16;

    /// <summary>Most bytes of one step, unless a single version has more.</summary>
    public const int StepBytes = 1 << 20;

    /// <summary>Applies <paramref name="edit"/>, which answers null for a version that stays as it is.</summary>
    public async ValueTask<Outcome<Nothing>> ApplyAsync(
        VersionsRequest request,
        RequestContext context,
        Func<ConfigRecord, HeadRecord, VersionEntry, VersionEntry?> edit,
        CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        if (request.Versions is not { Count: > 0 } wanted)
            return KvFailures.NoVersions;
        var numbers = wanted.Distinct().Order().ToArray();
        var done = 0;
        while (done < numbers[^1])
        {
            var after = done;
            var step = await racing.CommitAsync(
                context, request.Path, ct => StepAsync(context.Storage, request.Path, numbers, after, edit, ct), cancellationToken);
            if (!step.Succeeded)
                return step.Failure;
            done = step.Value;
        }
        return Outcome.Done;
    }

    /// <summary>
    /// Proposes the first of the versions greater than <paramref name="after"/> that fit a step, and answers the last of <paramref name="numbers"/>
    /// that is done then. All that was read is required, of versions that stay as they are too: another node may just have written or changed them.
    /// </summary>
    private static async ValueTask<Proposal<int>> StepAsync(
        StorageView storage,
        string path,
        int[] numbers,
        int after,
        Func<ConfigRecord, HeadRecord, VersionEntry, VersionEntry?> edit,
        CancellationToken cancellationToken)
    {
        var config = await SecretStore.ReadConfigAsync(storage, cancellationToken);
        var head = await SecretStore.ReadHeadAsync(storage, path, cancellationToken);
        var versions = numbers.Where(v => v > after && v >= head.Record.First && v <= head.Record.Current).Take(StepVersions).ToArray();
        var keys = Array.ConvertAll(versions, v => SecretStore.VersionKey(path, v));
        var stored = keys.Length == 0 ? [] : await storage.ReadManyAsync(keys, cancellationToken);
        var change = storage.Begin()
            .Require(storage, SecretStore.Config, config.Revision)
            .Require(storage, SecretStore.HeadKey(path), head.Revision);
        var bytes = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            change.Require(storage, keys[i], stored[i]?.Revision ?? 0);
            if (stored[i] is not { } value || edit(config.Record, head.Record, VersionEntry.Parse(value.Value)) is not { } edited)
                continue;
            var entry = edited.ToBytes();
            if (bytes > 0 && bytes + entry.Length > StepBytes)
                return new(change, versions[i - 1]);
            bytes += entry.Length;
            change.Put(storage, keys[i], entry);
        }
        return new(change, versions.Length == StepVersions ? versions[^1] : numbers[^1]);
    }
}
