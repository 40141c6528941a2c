using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Wire.Kubernetes.Config;

namespace Kist.Auth.Kubernetes;

/// <summary>Logins of pods by the tokens of their service accounts. Each cluster is a mount.</summary>
public sealed class KubernetesMountType : MountType
{
    private readonly Lazy<RouteTable> routes;

    /// <summary>The method with its clock.</summary>
    /// <param name="clock">Measures time.</param>
    /// <param name="podDirectory">Where the service account of the server's own pod is mounted, when it runs in one.</param>
    public KubernetesMountType(TimeProvider clock, string podDirectory = InClusterConfig.DefaultDirectory) =>
        routes = new Lazy<RouteTable>(() => Build(clock, podDirectory));

    /// <inheritdoc/>
    public override string Name => "kubernetes";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Auth;

    /// <inheritdoc/>
    public override string Description => "Logins of pods by the tokens of their service accounts.";

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes.Value;

    /// <summary>
    /// Refuses when the role is gone, or takes the account no more; another of the same name is another role. The labels of namespaces are not asked for
    /// again.
    /// </summary>
    public override async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken)
    {
        var (name, id) = RoleIdentity.Parse(role);
        if (await KubernetesStore.Roles.ReadAsync(storage, name, cancellationToken) is not { } found || found.Id != id)
            return Failure.Invalid("kubernetes.role_gone", $"role \"{name}\" does not exist any more, not renewing");
        return KubernetesLogin.StillAdmits(found, token.Metadata)
            ? new LoginTerms(found.Token, [])
            : KubernetesFailures.Denied("account_refused", $"role \"{name}\" does not take the service account any more, not renewing");
    }

    private static RouteTable Build(TimeProvider clock, string podDirectory)
    {
        var map = new RouteMap(KubernetesJson.Create());
        var clusters = new Clusters(new PodFiles(podDirectory, clock), clock);
        const string Role = "role/{name}";
        map.Read<Nothing, KubernetesConfigResponse>("config", KubernetesConfigRoutes.ReadAsync, "Reads which cluster's accounts log in.");
        map.Write<KubernetesConfigRequest, Nothing>(
            "config", new KubernetesConfigRoutes(clusters).WriteAsync, "Sets which cluster's accounts log in; what is not given gets its default.");
        map.List<ListRolesRequest, RoleNames>("role", KubernetesStore.Roles.ListAsync, "Lists the roles.");
        map.Read<RoleNameRequest, KubernetesRoleResponse>(Role, KubernetesRoleRoutes.ReadAsync, "Reads a role.");
        map.Write<KubernetesRoleRequest, Nothing>(Role, KubernetesRoleRoutes.WriteAsync, "Makes a role, or changes the given fields of one.")
            .CreatesUnless(KubernetesStore.Roles.ExistsAsync);
        map.Delete<RoleNameRequest, Nothing>(Role, KubernetesStore.Roles.DeleteAsync, "Deletes a role. Its tokens stay, and can no longer be renewed.");
        map.Write<KubernetesLoginRequest, Login>("login", new KubernetesLogin(clusters, clock).HandleAsync, "Logs in by the token of a service account.")
            .AllowUnauthenticated();
        return map.Build();
    }
}
