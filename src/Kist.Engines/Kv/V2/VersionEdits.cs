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
        VersionsRequest request, RequestContext context, Func<HeadRecord, VersionEntry, VersionEntry?> edit, CancellationToken cancellationToken)
    {
        if (KvPath.Check(request.Path) is { } badPath)
            return badPath;
        if (request.Versions is not { Count: > 0 } wanted)
            return KvFailures.NoVersions;
        var head = (await SecretStore.ReadHeadAsync(context.Storage, request.Path, cancellationToken)).Record;
        var left = wanted.Where(v => v >= head.First && v <= head.Current).Distinct().Order().ToArray().AsMemory();
        while (!left.IsEmpty)
        {
            var versions = left[..Math.Min(left.Length, StepVersions)];
            var done = await racing.CommitAsync(
                context, request.Path, ct => StepAsync(context.Storage, request.Path, versions, entry => edit(head, entry), ct), cancellationToken);
            if (!done.Succeeded)
                return done.Failure;
            left = left[done.Value..];
        }
        return Outcome.Done;
    }

    /// <summary>Proposes the first of <paramref name="versions"/> that fit a step and answers how many these are.</summary>
    private static async ValueTask<Proposal<int>> StepAsync(
        StorageView storage, string path, ReadOnlyMemory<int> versions, Func<VersionEntry, VersionEntry?> edit, CancellationToken cancellationToken)
    {
        var keys = versions.ToArray().Select(v => SecretStore.VersionKey(path, v)).ToArray();
        var stored = await storage.ReadManyAsync(keys, cancellationToken);
        Transaction? change = null;
        var bytes = 0;
        for (var i = 0; i < keys.Length; i++)
        {
            if (stored[i] is not { } value || edit(VersionEntry.Parse(value.Value)) is not { } edited)
                continue;
            var entry = edited.ToBytes();
            if (change is not null && bytes + entry.Length > StepBytes)
                return new(change, i);
            bytes += entry.Length;
            change ??= storage.Begin();
            change.Require(storage, keys[i], value.Revision).Put(storage, keys[i], entry);
        }
        return new(change, keys.Length);
    }
}
