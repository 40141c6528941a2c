using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Kv.V2.Stored;
using Kist.Wire;

namespace Kist.Engines.Kv.V2;

internal sealed record ConfigRequest
{
    [Description("Versions to keep of each secret; 0 for 10.")]
    [AuditPlain]
    public int? MaxVersions { get; init; }

    [Description("Refuse writes without the cas option.")]
    [AuditPlain]
    public bool? CasRequired { get; init; }

    [Description("Age at which new versions are deleted; 0 clears it, a negative value forbids it for every secret.")]
    [AuditPlain]
    public TimeSpan? DeleteVersionAfter { get; init; }
}

internal sealed record ConfigResponse
{
    [Description("Every write needs the cas option.")]
    [AuditPlain]
    public bool CasRequired { get; init; }

    [Description("Age at which new versions are deleted; 0s for never, negative when secrets may not set one either.")]
    [AuditPlain]
    public string DeleteVersionAfter { get; init; } = "";

    [Description("Versions to keep of each secret; 0 for 10.")]
    [AuditPlain]
    public int MaxVersions { get; init; }
}

/// <summary><c>config</c>: the mount's settings.</summary>
internal sealed class ConfigEndpoints(Racing racing)
{
    // Every way to forbid it reads back the same.
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);

    public static async ValueTask<Outcome<ConfigResponse>> ReadAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var config = (await SecretStore.ReadConfigAsync(context.Storage, cancellationToken)).Record;
        return new ConfigResponse
        {
            CasRequired = config.CasRequired,
            DeleteVersionAfter = GoDuration.Format(config.DeleteVersionAfter),
            MaxVersions = config.MaxVersions,
        };
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(ConfigRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var bad = SecretSettings.CheckMaxVersions(request.MaxVersions)
            ?? SecretSettings.CheckDeleteVersionAfter(request.DeleteVersionAfter, mayBeNegative: true);
        if (bad is not null)
            return bad;
        return await racing.CommitAsync(context, SecretStore.Config, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<Nothing>> ProposeAsync(CancellationToken ct)
        {
            var config = await SecretStore.ReadConfigAsync(context.Storage, ct);
            var age = request.DeleteVersionAfter ?? config.Record.DeleteVersionAfter;
            var next = config.Record with
            {
                MaxVersions = request.MaxVersions ?? config.Record.MaxVersions,
                CasRequired = request.CasRequired ?? config.Record.CasRequired,
                DeleteVersionAfter = age < TimeSpan.Zero ? Never : age,
            };
            // Required also when it stays as it is, which may be as it was before another node's change.
            var change = context.Storage.Begin().Require(context.Storage, SecretStore.Config, config.Revision);
            if (next != config.Record)
                change.Put(context.Storage, SecretStore.Config, next, StoredJson.Default.ConfigRecord);
            return new(change, Outcome.Done);
        }
    }
}
