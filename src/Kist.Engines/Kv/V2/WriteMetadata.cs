using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

internal sealed record WriteMetadataRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }

    [Description("Versions to keep; 0 for the mount's setting.")]
    [AuditPlain]
    public int? MaxVersions { get; init; }

    [Description("Refuse writes without the cas option.")]
    [AuditPlain]
    public bool? CasRequired { get; init; }

    [Description("Age at which new versions are deleted; 0 for the mount's setting, which is also the upper bound.")]
    [AuditPlain]
    public TimeSpan? DeleteVersionAfter { get; init; }

    [Description("Labels: at most 64, keys of at most 128 and values of at most 512 bytes.")]
    public IReadOnlyDictionary<string, string>? CustomMetadata { get; init; }

    /// <summary>True when no setting is given.</summary>
    public bool IsEmpty() => MaxVersions is null && CasRequired is null && DeleteVersionAfter is null && CustomMetadata is null;

    /// <summary>What is wrong with the settings; null for nothing.</summary>
    public Failure? CheckSettings() =>
        SecretSettings.CheckMaxVersions(MaxVersions)
        ?? SecretSettings.CheckDeleteVersionAfter(DeleteVersionAfter, mayBeNegative: false)
        ?? SecretSettings.CheckCustomMetadata(CustomMetadata);

    /// <summary>The head with the given settings.</summary>
    public HeadRecord ApplyTo(HeadRecord head) => head with
    {
        MaxVersions = MaxVersions ?? head.MaxVersions,
        CasRequired = CasRequired ?? head.CasRequired,
        DeleteVersionAfter = DeleteVersionAfter ?? head.DeleteVersionAfter,
        CustomMetadata = (CustomMetadata ?? head.CustomMetadata) is { Count: > 0 } labels ? labels : null,
    };
}

/// <summary><c>POST metadata/path</c>: sets what is given and leaves the rest; makes the secret if there is none, without a version.</summary>
internal sealed class WriteMetadata(TimeProvider clock, Racing racing)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(WriteMetadataRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if ((KvPath.Check(request.Path) ?? request.CheckSettings()) is { } bad)
            return bad;
        if (request.IsEmpty())
            return Outcome.Done;
        await WarnOfMountAsync(request.CasRequired, context, cancellationToken);
        return await racing.CommitAsync(context, request.Path, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var head = await SecretStore.ReadHeadAsync(context.Storage, request.Path, ct);
            var now = clock.GetUtcNow();
            var was = head.Revision == 0 ? head.Record with { Created = now, Updated = now } : head.Record;
            return new(Replace(context.Storage, request.Path, head, request.ApplyTo(was)), Outcome.Done);
        }
    }

    /// <summary>Tells the caller when a setting has no effect because the mount's is stricter.</summary>
    public static async ValueTask WarnOfMountAsync(bool? casRequired, RequestContext context, CancellationToken cancellationToken)
    {
        if (casRequired is false && (await SecretStore.ReadConfigAsync(context.Storage, cancellationToken)).Record.CasRequired)
            context.Warn("\"cas_required\" set to false, but is mandated by backend config. This value will be ignored.");
    }

    /// <summary>The transaction that puts <paramref name="next"/> in the place of a head.</summary>
    public static Transaction Replace(StorageView storage, string path, StoredRecord<HeadRecord> head, HeadRecord next) =>
        storage.Begin()
            .Require(storage, SecretStore.HeadKey(path), head.Revision)
            .Put(storage, SecretStore.HeadKey(path), next, StoredJson.Default.HeadRecord);
}
