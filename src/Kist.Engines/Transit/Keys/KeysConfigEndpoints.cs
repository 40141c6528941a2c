using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record KeysConfigRequest
{
    [Description("Encryption never makes a key, whatever a policy allows.")]
    [AuditPlain]
    public bool? DisableUpsert { get; init; }
}

internal sealed record KeysConfigResponse
{
    [Description("Encryption never makes a key.")]
    [AuditPlain]
    public bool DisableUpsert { get; init; }
}

/// <summary><c>config/keys</c>: settings for all keys of the mount.</summary>
internal sealed class KeysConfigEndpoints(Racing racing)
{
    public static async ValueTask<Outcome<KeysConfigResponse>> ReadAsync(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        Answer((await TransitStore.ReadConfigAsync(context.Storage, cancellationToken)).Record);

    public async ValueTask<Outcome<KeysConfigResponse>> WriteAsync(
        KeysConfigRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        return await racing.CommitAsync(context, TransitStore.Config, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<KeysConfigResponse>> ProposeAsync(CancellationToken ct)
        {
            var config = await TransitStore.ReadConfigAsync(context.Storage, ct);
            var next = config.Record with { DisableUpsert = request.DisableUpsert ?? config.Record.DisableUpsert };
            // Required also when it stays as it is, which may be as it was before another node's change.
            var change = context.Storage.Begin().Require(context.Storage, TransitStore.Config, config.Revision);
            if (next != config.Record)
                change.Put(context.Storage, TransitStore.Config, next, TransitStoredJson.Default.KeysConfigRecord);
            return new(change, Answer(next));
        }
    }

    private static KeysConfigResponse Answer(KeysConfigRecord config) => new() { DisableUpsert = config.DisableUpsert };
}
