using System.Runtime.CompilerServices;
using Kist.Core.Certificates;
using Kist.Core.Logins;

namespace Kist.Auth.Cert.Stored;

/// <summary>A role: whose certificates it trusts, what they must say, and what its tokens may be.</summary>
internal sealed record RoleRecord
{
    private static readonly ConditionalWeakTable<RoleRecord, RoleTrust> Trusts = [];

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Random: one that is deleted and made anew is another.</summary>
    public string Id { get; init; } = "";

    /// <summary>PEM: authorities, and certificates of clients that are trusted by themselves.</summary>
    public required string Certificate { get; init; }

    /// <summary>For people; the role's name when empty.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Patterns of the common name and all DNS and mail names; empty for all.</summary>
    public IReadOnlyList<string> AllowedNames { get; init; } = [];

    /// <summary>Patterns of the common name; empty for all, as the following ones.</summary>
    public IReadOnlyList<string> AllowedCommonNames { get; init; } = [];

    /// <summary>Patterns of DNS names.</summary>
    public IReadOnlyList<string> AllowedDnsSans { get; init; } = [];

    /// <summary>Patterns of mail addresses.</summary>
    public IReadOnlyList<string> AllowedEmailSans { get; init; } = [];

    /// <summary>Patterns of URIs.</summary>
    public IReadOnlyList<string> AllowedUriSans { get; init; } = [];

    /// <summary>Patterns of organizational units.</summary>
    public IReadOnlyList<string> AllowedOrganizationalUnits { get; init; } = [];

    /// <summary><c>oid:pattern</c> or <c>hex:oid:pattern</c>; all must match.</summary>
    public IReadOnlyList<string> RequiredExtensions { get; init; } = [];

    /// <summary>Object identifiers of extensions that become metadata of the login.</summary>
    public IReadOnlyList<string> AllowedMetadataExtensions { get; init; } = [];

    /// <summary>An OCSP server is asked.</summary>
    public bool OcspEnabled { get; init; }

    /// <summary>PEM of further certificates that may sign OCSP answers, or issue those that do.</summary>
    public string OcspCaCertificates { get; init; } = "";

    /// <summary>The servers to ask in place of those that the certificate names.</summary>
    public IReadOnlyList<string> OcspServersOverride { get; init; } = [];

    /// <summary>Without an answer the login goes on.</summary>
    public bool OcspFailOpen { get; init; }

    /// <summary>All servers must say the same.</summary>
    public bool OcspQueryAllServers { get; init; }

    /// <summary>What tokens may be.</summary>
    public required TokenSettings Token { get; init; }

    /// <summary>The certificates, read once as long as the record is remembered.</summary>
    public RoleTrust Trust() => Trusts.GetValue(this, static r => new RoleTrust(Read(r.Certificate), Read(r.OcspCaCertificates)));

    private static TrustedCertificates Read(string pem) => pem.Length == 0 ? TrustedCertificates.None : TrustedCertificates.Read(pem, "certificate").Value;
}

/// <summary>The certificates of a role.</summary>
/// <param name="Clients">Who vouches for clients, and clients that are trusted by themselves.</param>
/// <param name="OcspSigners">Who else may answer for OCSP.</param>
internal sealed record RoleTrust(TrustedCertificates Clients, TrustedCertificates OcspSigners);
