using Kist.Auth.Cert.Stored;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Certificates;
using Kist.Core.Pipeline;

namespace Kist.Auth.Cert.Roles;

/// <summary><c>GET</c> and <c>DELETE certs/name</c>.</summary>
internal static class RoleEndpoints
{
    public static async ValueTask<Outcome<RoleResponse>> ReadAsync(NamedRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = CertName.Normal(request.Name);
        if (!name.Succeeded)
            return name.Failure;
        return await CertStore.ReadRoleAsync(context.Storage, name.Value, cancellationToken) is { Record: var role }
            ? new RoleResponse(name.Value, role)
            : Failure.NotFound();
    }

    public static async ValueTask<Outcome<Nothing>> DeleteAsync(NamedRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = CertName.Normal(request.Name);
        return name.Succeeded ? await CertStore.DeleteAsync(context, CertStore.Roles + name.Value, cancellationToken) : name.Failure;
    }
}

/// <summary><c>POST certs/name</c>: sets what is given and leaves the rest.</summary>
internal sealed class WriteRole(TimeProvider clock)
{
    public async ValueTask<Outcome<Nothing>> HandleAsync(RoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = CertName.Normal(request.Name);
        if (!name.Succeeded)
            return name.Failure;
        RoleRecord? written = null;
        var outcome = await CertStore.ChangeAsync(context, ProposeAsync, cancellationToken);
        if (outcome.Succeeded)
            Warn(written!, context);
        return outcome;

        async ValueTask<Outcome<Transaction>> ProposeAsync(CancellationToken ct)
        {
            var stored = await CertStore.ReadRoleAsync(context.Storage, name.Value, ct);
            var next = request.ApplyTo(stored?.Record);
            if (!next.Succeeded)
                return next.Failure;
            written = next.Value;
            var path = CertStore.Roles + name.Value;
            return context.Storage.Begin()
                .Require(context.Storage, path, stored?.Revision ?? 0)
                .Put(context.Storage, path, written, CertStoredJson.Default.RoleRecord);
        }
    }

    private void Warn(RoleRecord role, RequestContext context)
    {
        var now = clock.GetUtcNow();
        foreach (var ended in role.Trust().Clients.All.Where(c => !c.IsValidAt(now)))
            context.Warn($"the certificate of \"{ended.Subject}\" is not valid now: nobody can log in by it");
        foreach (var mute in role.Trust().Clients.Authorities.Where(a => !a.MayVouchForClients()))
            context.Warn($"the certificate of \"{mute.Subject}\" names other usages than client authentication: nobody can log in by it");
    }
}
