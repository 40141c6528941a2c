using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Core.Tokens.Routes;

/// <summary><c>revoke</c>, <c>revoke-self</c>, <c>revoke-accessor</c> and <c>revoke-orphan</c>.</summary>
internal sealed class RevokeRoutes(TokenStore tokens)
{
    public void Add(RouteMap map)
    {
        map.Write<TokenNameRequest, Nothing>("revoke", RevokeAsync, "Revoke a token and all its children.");
        map.Write<Nothing, Nothing>("revoke-self", RevokeSelfAsync, "Revoke the caller's own token and all its children.");
        map.Write<TokenNameRequest, Nothing>("revoke-accessor", RevokeByAccessorAsync, "Revoke the token of an accessor and all its children.");
        map.Write<TokenNameRequest, Nothing>("revoke-orphan", RevokeOrphanAsync, "Revoke a token and make its children orphans.").RequireSudo();
    }

    // A token that is gone already is no error, so that a retry after a lost answer succeeds.
    private async ValueTask<Outcome<Nothing>> RevokeAsync(TokenNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Token is not { Utf8.Length: > 0 } id)
            return Failure.Invalid("token.missing_id", "missing token ID");
        return await tokens.FindAsync(id, cancellationToken) is { } token
            ? (await tokens.RevokeAsync(token, cancellationToken)).ToAnswer(context)
            : Outcome.Done;
    }

    private async ValueTask<Outcome<Nothing>> RevokeSelfAsync(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        (await tokens.RevokeAsync(TokenStore.Found(context.Token!), cancellationToken)).ToAnswer(context);

    private async ValueTask<Outcome<Nothing>> RevokeByAccessorAsync(
        TokenNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var found = await tokens.FindNamedByAccessorAsync(request, context, cancellationToken);
        return found.Succeeded ? (await tokens.RevokeAsync(found.Value, cancellationToken)).ToAnswer(context) : found.Failure;
    }

    private async ValueTask<Outcome<Nothing>> RevokeOrphanAsync(TokenNameRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Token is not { Utf8.Length: > 0 } id)
            return Failure.Invalid("token.missing_id", "missing token ID");
        return await tokens.FindAsync(id, cancellationToken) is { } token
            ? (await tokens.RevokeOrphanAsync(token, cancellationToken)).ToAnswer(context)
            : Failure.Invalid("token.not_found", "token to revoke not found");
    }
}
