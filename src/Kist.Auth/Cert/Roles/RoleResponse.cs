using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using Kist.Auth.Cert.Stored;
using Kist.Core.Audit;
using Kist.Core.Logins;

namespace Kist.Auth.Cert.Roles;

/// <summary>A role as it is shown.</summary>
internal sealed record RoleResponse : TokenSettingsResponse
{
    [SetsRequiredMembers]
    internal RoleResponse(string name, RoleRecord role)
        : base(role.Token)
    {
        Certificate = role.Certificate;
        DisplayName = role.DisplayName.Length > 0 ? role.DisplayName : name;
        AllowedNames = role.AllowedNames;
        AllowedCommonNames = role.AllowedCommonNames;
        AllowedDnsSans = role.AllowedDnsSans;
        AllowedEmailSans = role.AllowedEmailSans;
        AllowedUriSans = role.AllowedUriSans;
        AllowedOrganizationalUnits = role.AllowedOrganizationalUnits;
        RequiredExtensions = role.RequiredExtensions;
        AllowedMetadataExtensions = role.AllowedMetadataExtensions;
        OcspEnabled = role.OcspEnabled;
        OcspCaCertificates = role.OcspCaCertificates;
        OcspServersOverride = role.OcspServersOverride;
        OcspFailOpen = role.OcspFailOpen;
        OcspQueryAllServers = role.OcspQueryAllServers;
    }

    [Description("PEM of the authorities and clients.")]
    [AuditPlain]
    public string Certificate { get; }

    [Description("Names the tokens to people.")]
    [AuditPlain]
    public string DisplayName { get; }

    [Description("Patterns of the common name and all DNS and mail names; empty for all.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedNames { get; }

    [Description("Patterns of the common name.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedCommonNames { get; }

    [Description("Patterns of DNS names.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedDnsSans { get; }

    [Description("Patterns of mail addresses.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedEmailSans { get; }

    [Description("Patterns of URIs.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedUriSans { get; }

    [Description("Patterns of organizational units.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedOrganizationalUnits { get; }

    [Description("Extensions that must be there and match.")]
    [AuditPlain]
    public IReadOnlyList<string> RequiredExtensions { get; }

    [Description("Extensions that become metadata of the login.")]
    [AuditPlain]
    public IReadOnlyList<string> AllowedMetadataExtensions { get; }

    [Description("An OCSP server is asked.")]
    [AuditPlain]
    public bool OcspEnabled { get; }

    [Description("PEM of further certificates that may sign the servers' answers, or issue those that do.")]
    [AuditPlain]
    public string OcspCaCertificates { get; }

    [Description("The servers that are asked in place of those that the certificate names.")]
    [AuditPlain]
    public IReadOnlyList<string> OcspServersOverride { get; }

    [Description("Without an answer the login goes on.")]
    [AuditPlain]
    public bool OcspFailOpen { get; }

    [Description("All servers must find the certificate good.")]
    [AuditPlain]
    public bool OcspQueryAllServers { get; }
}
