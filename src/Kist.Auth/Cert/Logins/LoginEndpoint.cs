using System.ComponentModel;
using Kist.Auth.Cert.Roles;
using Kist.Auth.Cert.Stored;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Certificates;
using Kist.Core.Logins;
using Kist.Core.Pipeline;

namespace Kist.Auth.Cert.Logins;

internal sealed record LoginRequest
{
    [Description("The role to log in to; if not given, the first by name that takes the certificate.")]
    public string? Name { get; init; }
}

/// <summary><c>POST login</c>. What is judged is the connection's certificate; nothing in the request can take its place.</summary>
internal sealed class LoginEndpoint(RoleJudge judge)
{
    public async ValueTask<Outcome<Login>> HandleAsync(LoginRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        using var presented = PresentedCertificates.Read(context.Request.ClientCertificate);
        if (presented is null)
            return CertFailures.NoCertificate;
        foreach (var name in await NamesAsync(request, context, cancellationToken))
        {
            if (await CertStore.ReadRoleAsync(context.Storage, name, cancellationToken) is { Record: var role }
                && await judge.TakesAsync(name, role, presented, context.Storage, context.Request, cancellationToken))
                return await LoginAsync(name, role, presented, context, cancellationToken);
        }
        return CertFailures.Refused;
    }

    private static async ValueTask<IReadOnlyList<string>> NamesAsync(LoginRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Name is null or "")
            return await context.Storage.Folder(CertStore.Roles).ListAsync("", 0, cancellationToken);
        return CertName.Normal(request.Name) is { Succeeded: true, Value: var name } ? [name] : [];
    }

    private static async ValueTask<Login> LoginAsync(
        string roleName, RoleRecord role, PresentedCertificates presented, RequestContext context, CancellationToken cancellationToken)
    {
        var config = (await CertStore.ReadConfigAsync(context.Storage, cancellationToken)).Record;
        var metadata = CertificateMetadata.Of(roleName, role, presented);
        var alias = AliasOf(presented.Names) is { } name ? new LoginAlias(name) : null;
        return new Login
        {
            Alias = config.EnableIdentityAliasMetadata && alias is not null ? alias with { Metadata = metadata } : alias,
            Role = RoleIdentity.Text(roleName, role.Id),
            Token = role.Token,
            DisplayName = role.DisplayName.Length > 0 ? role.DisplayName : roleName,
            Metadata = metadata,
        };
    }

    // Vault's alias is the common name. Certificates of SPIFFE have none; their id is a name that no other holder of the authority has.
    private static string? AliasOf(CertificateNames names)
    {
        if (names.CommonName.Length > 0)
            return names.CommonName;
        return names.Uris.Concat(names.Dns).Concat(names.Emails).FirstOrDefault(n => n.Length > 0);
    }
}

/// <summary>What a login tells of the certificate: shown by lookups of the token, and known again at its renewal.</summary>
internal static class CertificateMetadata
{
    /// <summary>The SHA-256 of the certificate in hex.</summary>
    public const string Fingerprint = "certificate_sha256";

    private const int LongestValue = 1024;

    /// <summary>The metadata of a login.</summary>
    public static IReadOnlyDictionary<string, string> Of(string role, RoleRecord record, PresentedCertificates presented)
    {
        var own = presented.Own;
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["cert_name"] = role,
            ["common_name"] = presented.Names.CommonName,
            ["serial_number"] = CertificateSerial.Of(own)?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
            ["subject_key_id"] = CertificateSerial.SubjectKeyOf(own),
            ["authority_key_id"] = CertificateSerial.AuthorityKeyOf(own),
            [Fingerprint] = presented.Fingerprint,
        };
        foreach (var oid in record.AllowedMetadataExtensions)
        {
            if (own.Extensions.FirstOrDefault(e => e.Oid?.Value == oid) is { } extension && ExtensionRule.TextOf(extension) is { Length: <= LongestValue } text)
                metadata[oid.Replace('.', '-')] = text;
        }
        return metadata;
    }
}
