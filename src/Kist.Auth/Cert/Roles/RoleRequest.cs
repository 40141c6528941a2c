using System.ComponentModel;
using System.Text;
using Kist.Auth.Cert.Revocation;
using Kist.Auth.Cert.Stored;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Certificates;
using Kist.Core.Logins;

namespace Kist.Auth.Cert.Roles;

internal sealed record RoleRequest : TokenSettingsRequest
{
    [Description("Name of the role; case does not count.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("PEM certificates: authorities, whose clients may log in, or certificates of single clients. Required for a new role.")]
    [AuditPlain]
    public string? Certificate { get; init; }

    [Description("Patterns of which one must match the common name or a DNS or mail name; the fields for each kind are better.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedNames { get; init; }

    [Description("Patterns of which one must match the common name; all if not given.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedCommonNames { get; init; }

    [Description("Patterns of which one must match a DNS name; all if not given.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedDnsSans { get; init; }

    [Description("Patterns of which one must match a mail address; all if not given.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedEmailSans { get; init; }

    [Description("Patterns of which one must match a URI, such as a SPIFFE id; all if not given.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedUriSans { get; init; }

    [Description("Patterns of which one must match an organizational unit; all if not given.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedOrganizationalUnits { get; init; }

    [Description("Extensions that must be there and match, all of them: \"oid:pattern\" for a text, \"hex:oid:pattern\" for any value in hex.")]
    [AuditPlain]
    public IReadOnlyList<string>? RequiredExtensions { get; init; }

    [Description("Object identifiers of extensions whose texts become metadata of the login, with dashes for dots.")]
    [AuditPlain]
    public IReadOnlyList<string>? AllowedMetadataExtensions { get; init; }

    [Description("Ask an OCSP server at each login whether the certificate is revoked.")]
    [AuditPlain]
    public bool? OcspEnabled { get; init; }

    [Description("PEM (or base64 of it) of further certificates that may sign the servers' answers, or issue those that do.")]
    [AuditPlain]
    public string? OcspCaCertificates { get; init; }

    [Description("URLs of OCSP servers to ask in place of those that the certificate names.")]
    [AuditPlain]
    public IReadOnlyList<string>? OcspServersOverride { get; init; }

    [Description("Let the login go on when no server says anything of the certificate.")]
    [AuditPlain]
    public bool? OcspFailOpen { get; init; }

    [Description("Ask all servers and let the login go on only when all find the certificate good.")]
    [AuditPlain]
    public bool? OcspQueryAllServers { get; init; }

    [Description("Names the tokens to people; the role's name if not given.")]
    [AuditPlain]
    public string? DisplayName { get; init; }

    [Description("The old name of token_policies.")]
    public IReadOnlyList<string>? Policies { get; init; }

    [Description("The old name of token_ttl.")]
    public TimeSpan? Ttl { get; init; }

    [Description("The old name of token_max_ttl.")]
    public TimeSpan? MaxTtl { get; init; }

    [Description("The old name of token_period.")]
    public TimeSpan? Period { get; init; }

    [Description("The old name of token_bound_cidrs.")]
    public IReadOnlyList<string>? BoundCidrs { get; init; }

    /// <summary>The role with the given fields changed, or what is wrong with it.</summary>
    public Outcome<RoleRecord> ApplyTo(RoleRecord? role)
    {
        var token = (this with
        {
            TokenPolicies = TokenPolicies ?? Policies,
            TokenTtl = TokenTtl ?? Ttl,
            TokenMaxTtl = TokenMaxTtl ?? MaxTtl,
            TokenPeriod = TokenPeriod ?? Period,
            TokenBoundCidrs = TokenBoundCidrs ?? BoundCidrs,
        }).ChangeToken(role?.Token ?? new TokenSettings());
        if (!token.Succeeded)
            return token.Failure;
        var certificate = ReadCertificate(role);
        if (!certificate.Succeeded)
            return certificate.Failure;
        var signers = ReadSigners(role);
        if (!signers.Succeeded)
            return signers.Failure;
        var was = role ?? new RoleRecord { Id = RoleIdentity.NewId(), Certificate = "", Token = token.Value };
        var next = was with
        {
            Certificate = certificate.Value,
            DisplayName = DisplayName ?? was.DisplayName,
            AllowedNames = AllowedNames ?? was.AllowedNames,
            AllowedCommonNames = AllowedCommonNames ?? was.AllowedCommonNames,
            AllowedDnsSans = AllowedDnsSans ?? was.AllowedDnsSans,
            AllowedEmailSans = AllowedEmailSans ?? was.AllowedEmailSans,
            AllowedUriSans = AllowedUriSans ?? was.AllowedUriSans,
            AllowedOrganizationalUnits = AllowedOrganizationalUnits ?? was.AllowedOrganizationalUnits,
            RequiredExtensions = RequiredExtensions ?? was.RequiredExtensions,
            AllowedMetadataExtensions = AllowedMetadataExtensions ?? was.AllowedMetadataExtensions,
            OcspEnabled = OcspEnabled ?? was.OcspEnabled,
            OcspCaCertificates = signers.Value,
            OcspServersOverride = OcspServersOverride ?? was.OcspServersOverride,
            OcspFailOpen = OcspFailOpen ?? was.OcspFailOpen,
            OcspQueryAllServers = OcspQueryAllServers ?? was.OcspQueryAllServers,
            Token = token.Value,
        };
        return Check(next) is { } bad ? bad : next;
    }

    private static Failure? Check(RoleRecord role)
    {
        if (role.RequiredExtensions.FirstOrDefault(e => ExtensionRule.Parse(e) is null) is { } rule)
            return Invalid("required_extensions", $"\"{rule}\" is not of the form \"oid:pattern\" or \"hex:oid:pattern\"");
        if (role.AllowedMetadataExtensions.FirstOrDefault(oid => !ExtensionRule.IsOid(oid)) is { } other)
            return Invalid("allowed_metadata_extensions", $"\"{other}\" is not an object identifier such as 1.2.3.4");
        return role.OcspServersOverride.FirstOrDefault(url => !RevocationHttp.TryParse(url, out _)) is not null
            ? Invalid("ocsp_servers_override", "expected http:// or https:// URLs without user and password")
            : null;
    }

    private static Failure Invalid(string field, string what) => Failure.Invalid("cert.invalid_role", $"field \"{field}\": {what}");

    private Outcome<TokenSettings> ChangeToken(TokenSettings settings) => ApplyTo(settings);

    private Outcome<string> ReadCertificate(RoleRecord? role)
    {
        if (Certificate is null)
            return role is null ? Invalid("certificate", "is required: PEM of an authority or of a client") : role.Certificate;
        var read = TrustedCertificates.Read(Certificate, "certificate");
        if (!read.Succeeded)
            return read.Failure;
        return read.Value.All.All(c => c.IsAuthority() || c.IsForClients())
            ? read.Value.Pem
            : Invalid("certificate", "holds a certificate that is neither an authority's nor, by its extended key usage, a client's");
    }

    private Outcome<string> ReadSigners(RoleRecord? role)
    {
        if (OcspCaCertificates is null)
            return role?.OcspCaCertificates ?? "";
        if (OcspCaCertificates.Length == 0)
            return "";
        var read = TrustedCertificates.Read(AsPem(OcspCaCertificates), "ocsp_ca_certificates");
        return read.Succeeded ? read.Value.Pem : read.Failure;
    }

    private static string AsPem(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.Latin1.GetString(bytes, 0, length) : text;
    }
}
