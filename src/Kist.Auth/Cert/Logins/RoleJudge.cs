using System.Security.Cryptography.X509Certificates;
using Kist.Auth.Cert.Revocation;
using Kist.Auth.Cert.Roles;
using Kist.Auth.Cert.Stored;
using Kist.Core.Barrier;
using Kist.Core.Certificates;
using Kist.Core.Pipeline;

namespace Kist.Auth.Cert.Logins;

/// <summary>Decides whether a role takes a client's certificate. What costs little comes first, and the network last.</summary>
internal sealed class RoleJudge(TimeProvider clock, OcspCheck ocsp)
{
    /// <summary>Whether the role takes it now, on this request.</summary>
    public async ValueTask<bool> TakesAsync(
        string name, RoleRecord role, PresentedCertificates presented, StorageView storage, Request request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        if (!SaysWhatIsAsked(role, presented) || !role.Token.Admits(request, now))
            return false;
        foreach (var way in WaysOf(role, presented, now))
        {
            if (!await CrlCheck.IsRevokedAsync(storage, way, cancellationToken)
                && (!role.OcspEnabled || await ocsp.AllowsAsync(new OcspQuestion(storage, name, role, way), cancellationToken)))
                return true;
        }
        return false;
    }

    /// <summary>Whether the certificate's names and extensions are as the role asks. Says nothing of who vouches for them.</summary>
    internal static bool SaysWhatIsAsked(RoleRecord role, PresentedCertificates presented)
    {
        var names = presented.Names;
        return Match(role.AllowedNames, [names.CommonName, .. names.Dns, .. names.Emails])
            && Match(role.AllowedCommonNames, [names.CommonName])
            && Match(role.AllowedDnsSans, names.Dns)
            && Match(role.AllowedEmailSans, names.Emails)
            && Match(role.AllowedUriSans, names.Uris)
            && Match(role.AllowedOrganizationalUnits, names.OrganizationalUnits)
            && role.RequiredExtensions.All(rule => ExtensionRule.Parse(rule) is { } parsed && parsed.Matches(presented.Own));
    }

    // A name that is not there matches nothing, not even "*".
    private static bool Match(IReadOnlyList<string> patterns, IEnumerable<string> names) =>
        patterns.Count == 0 || NamePatterns.MatchAny(patterns, names.Where(n => n.Length > 0));

    // A client has more than one when it shows the certificates of several authorities: one that is not revoked is enough.
    private static IEnumerable<CertificateWay> WaysOf(RoleRecord role, PresentedCertificates presented, DateTimeOffset now)
    {
        foreach (var trusted in role.Trust().Clients.All)
        {
            if (!trusted.IsAuthority())
            {
                if (presented.AreThoseOf(trusted, now))
                    yield return new CertificateWay([presented.Own], PossibleIssuers(role));
            }
            else if (presented.WayTo(trusted, now) is { } way)
            {
                yield return new CertificateWay(way, []);
            }
        }
    }

    // A certificate that is trusted by itself has no issuer that is. Who the role names besides may say that it was revoked; what the client sends along may
    // not: for any signature somebody can make a key that seems to have made it.
    private static IReadOnlyList<X509Certificate2> PossibleIssuers(RoleRecord role) => [.. role.Trust().Clients.Authorities, .. role.Trust().OcspSigners.All];
}
