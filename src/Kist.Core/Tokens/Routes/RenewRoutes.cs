using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Tokens.Routes;

/// <summary>Asks for the renewal of a token.</summary>
public sealed record RenewTokenRequest
{
    /// <summary>The id.</summary>
    [Description("The token.")]
    public SecretText? Token { get; init; }

    /// <summary>The accessor.</summary>
    [Description("Accessor of the token.")]
    public string? Accessor { get; init; }

    /// <summary>The TTL asked for.</summary>
    [Description("The TTL asked for; that of the creation if not given. A periodic token gets its period.")]
    public TimeSpan? Increment { get; init; }
}

/// <summary><c>renew</c>, <c>renew-self</c> and <c>renew-accessor</c>.</summary>
internal sealed class RenewRoutes(TokenStore tokens)
{
    public void Add(RouteMap map)
    {
        map.Write<RenewTokenRequest, IssuedToken>("renew", RenewAsync, "Renew a token.");
        map.Write<RenewTokenRequest, IssuedToken>("renew-self", RenewSelfAsync, "Renew the caller's own token.");
        map.Write<RenewTokenRequest, IssuedToken>("renew-accessor", RenewByAccessorAsync, "Renew the token of an accessor.");
    }

    private async ValueTask<Outcome<IssuedToken>> RenewAsync(RenewTokenRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Token is not { Utf8.Length: > 0 } id)
            return Failure.Invalid("token.missing_id", "missing token ID");
        return await tokens.FindAsync(id, cancellationToken) is { } token
            ? await AnswerAsync(token, id, request, context, cancellationToken)
            : Failure.Invalid("token.not_found", "token not found");
    }

    private ValueTask<Outcome<IssuedToken>> RenewSelfAsync(RenewTokenRequest request, RequestContext context, CancellationToken cancellationToken) =>
        AnswerAsync(TokenStore.Found(context.Token!), context.Request.Token!, request, context, cancellationToken);

    private async ValueTask<Outcome<IssuedToken>> RenewByAccessorAsync(
        RenewTokenRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var found = await tokens.FindNamedByAccessorAsync(new TokenNameRequest { Accessor = request.Accessor }, context, cancellationToken);
        return found.Succeeded ? await AnswerAsync(found.Value, new SecretText(""), request, context, cancellationToken) : found.Failure;
    }

    private async ValueTask<Outcome<IssuedToken>> AnswerAsync(
        StoredToken token, SecretText id, RenewTokenRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Increment < TimeSpan.Zero)
            return Failure.Invalid("token.negative_duration", "increment must be positive");
        var result = await tokens.RenewAsync(token, id, request.Increment ?? TimeSpan.Zero, context.Request, cancellationToken);
        return result.ToAnswer(context);
    }
}
