using System.ComponentModel;
using Kist.Core.Audit;

namespace Kist.Auth.Cert.Crls;

internal sealed record CrlRequest
{
    [Description("Name of the revocation list; case does not count.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The list, PEM.")]
    [AuditPlain]
    public string? Crl { get; init; }

    [Description("Where to fetch the list, now and again before it ends; http:// or https://. Not used when crl is given.")]
    [AuditPlain]
    public string? Url { get; init; }
}

internal sealed record CrlResponse
{
    [Description("The revoked serial numbers, decimal.")]
    [AuditPlain]
    public required IReadOnlyDictionary<string, RevokedSerial> Serials { get; init; }

    [Description("Who made the list.")]
    [AuditPlain]
    public required string Issuer { get; init; }

    [Description("When it was made.")]
    [AuditPlain]
    public DateTimeOffset ThisUpdate { get; init; }

    [Description("When a newer one will be there; null when the list does not say.")]
    [AuditPlain]
    public DateTimeOffset? NextUpdate { get; init; }

    [Description("A newer one should be there by now.")]
    [AuditPlain]
    public bool Expired { get; init; }

    [Description("Where it is fetched; empty for one that was given.")]
    [AuditPlain]
    public string Url { get; init; } = "";
}

internal sealed record RevokedSerial
{
    [Description("When the certificate was revoked.")]
    [AuditPlain]
    public DateTimeOffset RevocationTime { get; init; }
}
