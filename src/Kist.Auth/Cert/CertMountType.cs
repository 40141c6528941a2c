using Kist.Auth.Cert.Crls;
using Kist.Auth.Cert.Logins;
using Kist.Auth.Cert.Revocation;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Auth.Cert;

/// <summary>
/// The certificate method: lets in whoever has shown, when the connection was made, a certificate that a role's authorities vouch for, or that a role names
/// itself.
/// </summary>
public sealed class CertMountType : MountType
{
    private readonly Lazy<RouteTable> routes;
    private readonly CertificateRenewal renewal;
    private readonly CrlRefresh refresh;

    /// <summary>The method with its clock.</summary>
    /// <param name="clock">By which certificates and lists are valid.</param>
    /// <param name="network">Fetches revocation lists and asks OCSP servers; null for the network itself. Lives as long as the method.</param>
    public CertMountType(TimeProvider clock, HttpMessageHandler? network = null)
    {
        var http = new RevocationHttp(network ?? RevocationHttp.Network(), clock);
        var judge = new RoleJudge(clock, new OcspCheck(http, clock));
        renewal = new CertificateRenewal(judge);
        refresh = new CrlRefresh(http, clock);
        routes = new Lazy<RouteTable>(() => CertRoutes.Build(clock, judge, http));
    }

    /// <inheritdoc/>
    public override string Name => "cert";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Auth;

    /// <inheritdoc/>
    public override string Description => "Logs in with the client certificate of the connection, by authorities or single certificates that roles name.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <inheritdoc/>
    public override ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, Request request, CancellationToken cancellationToken) =>
        renewal.RenewAsync(storage, token, role, request, cancellationToken);

    /// <summary>Fetches the revocation lists whose time has come.</summary>
    public override ValueTask TendAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken) =>
        refresh.RefreshDueAsync(storage, fence, cancellationToken);
}
