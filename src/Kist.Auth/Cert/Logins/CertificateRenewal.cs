using Kist.Auth.Cert.Stored;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Certificates;
using Kist.Core.Logins;
using Kist.Core.Pipeline;
using Kist.Core.Tokens;

namespace Kist.Auth.Cert.Logins;

/// <summary>
/// Says whether a token may be renewed: on a connection that shows the certificate of the login, as long as the role would still take it. With
/// <c>disable_binding</c> only the role is asked.
/// </summary>
internal sealed class CertificateRenewal(RoleJudge judge)
{
    public async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, Request request, CancellationToken cancellationToken)
    {
        var (name, id) = RoleIdentity.Parse(role);
        if (await CertStore.ReadRoleAsync(storage, name, cancellationToken) is not { Record: var record } || record.Id != id)
            return Failure.Invalid("cert.role_gone", "the role of the login is gone, not renewing");
        var config = await CertStore.ReadConfigAsync(storage, cancellationToken);
        return config.Record.DisableBinding || await IsTheSameAsync(storage, token, name, record, request, cancellationToken)
            ? new LoginTerms(record.Token, [])
            : CertFailures.NotTheSame;
    }

    private async ValueTask<bool> IsTheSameAsync(
        StorageView storage, TokenEntry token, string role, RoleRecord record, Request request, CancellationToken cancellationToken)
    {
        using var presented = PresentedCertificates.Read(request.ClientCertificate);
        return presented is not null
            && token.Metadata.TryGetValue(CertificateMetadata.Fingerprint, out var known)
            && string.Equals(known, presented.Fingerprint, StringComparison.Ordinal)
            && await judge.TakesAsync(role, record, presented, storage, request, cancellationToken);
    }
}
