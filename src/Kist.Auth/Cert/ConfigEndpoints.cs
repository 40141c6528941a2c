using System.ComponentModel;
using Kist.Auth.Cert.Stored;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;

namespace Kist.Auth.Cert;

internal sealed record ConfigRequest
{
    [Description("A renewal does not ask for the certificate of the login.")]
    [AuditPlain]
    public bool? DisableBinding { get; init; }

    [Description("Keep what the login says of the certificate with the entity alias.")]
    [AuditPlain]
    public bool? EnableIdentityAliasMetadata { get; init; }

    [Description("Most answers of OCSP servers that a node remembers; 0 for none.")]
    [AuditPlain]
    public int? OcspCacheSize { get; init; }
}

internal sealed record ConfigResponse
{
    [Description("A renewal does not ask for the certificate of the login.")]
    [AuditPlain]
    public bool DisableBinding { get; init; }

    [Description("What the login says of the certificate is kept with the entity alias.")]
    [AuditPlain]
    public bool EnableIdentityAliasMetadata { get; init; }

    [Description("Most answers of OCSP servers that a node remembers.")]
    [AuditPlain]
    public int OcspCacheSize { get; init; }
}

/// <summary><c>config</c>: settings for all roles of the mount.</summary>
internal static class ConfigEndpoints
{
    private const int LargestCache = 100_000;

    public static async ValueTask<Outcome<ConfigResponse>> ReadAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var config = (await CertStore.ReadConfigAsync(context.Storage, cancellationToken)).Record;
        return new ConfigResponse
        {
            DisableBinding = config.DisableBinding,
            EnableIdentityAliasMetadata = config.EnableIdentityAliasMetadata,
            OcspCacheSize = config.OcspCacheSize,
        };
    }

    public static async ValueTask<Outcome<Nothing>> WriteAsync(ConfigRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.OcspCacheSize is < 0 or > LargestCache)
            return Failure.Invalid("cert.invalid_config", $"field \"ocsp_cache_size\": expected 0 to {LargestCache}");
        return await CertStore.ChangeAsync(context, ProposeAsync, cancellationToken);

        async ValueTask<Outcome<Transaction>> ProposeAsync(CancellationToken ct)
        {
            var stored = await CertStore.ReadConfigAsync(context.Storage, ct);
            var next = stored.Record with
            {
                DisableBinding = request.DisableBinding ?? stored.Record.DisableBinding,
                EnableIdentityAliasMetadata = request.EnableIdentityAliasMetadata ?? stored.Record.EnableIdentityAliasMetadata,
                OcspCacheSize = request.OcspCacheSize ?? stored.Record.OcspCacheSize,
            };
            return context.Storage.Begin()
                .Require(context.Storage, CertStore.Config, stored.Revision)
                .Put(context.Storage, CertStore.Config, next, CertStoredJson.Default.ConfigRecord);
        }
    }
}
