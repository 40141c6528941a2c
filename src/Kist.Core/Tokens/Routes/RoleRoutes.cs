using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Storage;

namespace Kist.Core.Tokens.Routes;

/// <summary><c>roles</c> and <c>roles/NAME</c>.</summary>
internal sealed class RoleRoutes(TokenRoles roles)
{
    private const int Attempts = 16;

    public void Add(RouteMap map)
    {
        map.List<Nothing, TokenKeys>("roles", ListAsync, "List the token roles.");
        map.Read<TokenRoleName, TokenRoleResponse>("roles/{role_name}", ReadAsync, "Read a token role.");
        map.Write<TokenRoleRequest, Nothing>("roles/{role_name}", WriteAsync, "Create a token role, or change the given fields of one.")
            .CreatesUnless(async (context, ct) =>
                await roles.ReadAsync(context.Request.Namespace, context.Parameters["role_name"], ct) is not null);
        map.Delete<TokenRoleName, Nothing>("roles/{role_name}", DeleteAsync, "Delete a token role.");
    }

    private async ValueTask<Outcome<TokenKeys>> ListAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var names = await roles.ListAsync(context.Request.Namespace, cancellationToken);
        return names.Count > 0 ? new TokenKeys(names) : Failure.NotFound();
    }

    private async ValueTask<Outcome<TokenRoleResponse>> ReadAsync(
        TokenRoleName request, RequestContext context, CancellationToken cancellationToken) =>
        await roles.ReadAsync(context.Request.Namespace, request.RoleName ?? "", cancellationToken) is { } stored
            ? TokenRoleResponse.Of(stored.Record)
            : Failure.NotFound();

    private async ValueTask<Outcome<Nothing>> WriteAsync(TokenRoleRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var name = request.RoleName ?? "";
        if (!TokenRoles.IsName(name))
            return Failure.Invalid("token.invalid_role_name", "a role's name has letters, digits, \"_\", and between them \"-\" and \".\"");
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var stored = await roles.ReadAsync(context.Request.Namespace, name, cancellationToken);
            var role = request.ApplyTo(stored?.Record ?? new TokenRole { Name = name });
            if (!role.Succeeded)
                return role.Failure;
            if (TokenRoles.SizeOf(role.Value) is var size and > TokenRole.MaxBytes)
                return TooLarge(size);
            var outcome = await roles.WriteAsync(context.Request.Namespace, role.Value, stored?.Revision ?? 0, cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return TokenFailures.UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            context.Index = outcome.Revision;
            return Outcome.Done;
        }
        return Failure.Unavailable("store.contention", "the role is changing too fast; try again");
    }

    private async ValueTask<Outcome<Nothing>> DeleteAsync(TokenRoleName request, RequestContext context, CancellationToken cancellationToken)
    {
        // A name that no role can have names nothing.
        if (!TokenRoles.IsName(request.RoleName ?? ""))
            return Outcome.Done;
        var outcome = await roles.DeleteAsync(context.Request.Namespace, request.RoleName ?? "", cancellationToken);
        if (!outcome.Succeeded)
            return TokenFailures.UnknownOutcome;
        context.Index = outcome.Revision;
        return Outcome.Done;
    }

    private static Failure TooLarge(int size) => new(
        FailureKind.TooLarge,
        "token.role_too_large",
        $"the role's lists take {size} bytes, more than {TokenRole.MaxBytes}; use patterns or several roles");
}
