using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Crypto;

namespace Kist.Core.Wrapping;

/// <summary>Names a wrapping token.</summary>
public sealed record WrappingTokenRequest
{
    /// <summary>The wrapping token.</summary>
    [Description("The wrapping token; the request's own token if not given.")]
    public SecretText? Token { get; init; }
}

/// <summary>
/// <c>sys/wrapping</c>. Unwrap, rewrap and lookup need no other token: whoever holds the wrapping token could as well send it as the request's own.
/// </summary>
public static class WrappingRoutes
{
    /// <summary>
    /// Adds the routes. The map's JSON context must know <see cref="WrappingTokenRequest"/>, <see cref="WrappingLookup"/> and <see cref="RawJson"/>.
    /// </summary>
    public static void Add(RouteMap map, WrappingService wrapping)
    {
        map.Write<Nothing, RawJson>("wrapping/wrap", Wrap, "Wrap the given data.").TakesFreeBody();
        map.Write<WrappingTokenRequest, Response>(
            "wrapping/unwrap", (r, c, ct) => Named(r, c) is { } token ? wrapping.UnwrapAsync(token, ct) : Missing<Response>(),
            "Open a wrapped answer, once.").AllowUnauthenticated();
        map.Write<WrappingTokenRequest, WrapInfo>(
            "wrapping/rewrap", (r, c, ct) => Named(r, c) is { } token ? wrapping.RewrapAsync(token, ct) : Missing<WrapInfo>(),
            "Move a wrapped answer to a new token.").AllowUnauthenticated();
        map.Read<WrappingTokenRequest, WrappingLookup>("wrapping/lookup", LookupAsync, "Show a wrapping token without using it.")
            .AllowUnauthenticated();
        map.Write<WrappingTokenRequest, WrappingLookup>("wrapping/lookup", LookupAsync, "Show a wrapping token without using it.")
            .AllowUnauthenticated();

        ValueTask<Outcome<WrappingLookup>> LookupAsync(WrappingTokenRequest request, RequestContext context, CancellationToken cancellationToken) =>
            Named(request, context) is { } token ? wrapping.LookupAsync(token, cancellationToken) : Missing<WrappingLookup>();
    }

    private static ValueTask<Outcome<RawJson>> Wrap(Nothing request, RequestContext context, CancellationToken cancellationToken) =>
        new(context.Request.WrapTtl is null
            ? Failure.Invalid("wrapping.ttl_needed", "endpoint requires response wrapping to be used: send the header X-Vault-Wrap-TTL")
            : new Outcome<RawJson>(new RawJson(context.Request.Body)));

    private static SecretText? Named(WrappingTokenRequest request, RequestContext context) =>
        request.Token is { Utf8.Length: > 0 } named ? named : context.Request.Token;

    private static ValueTask<Outcome<T>> Missing<T>() => new(Failure.Invalid("wrapping.missing_token", "missing \"token\" value in input"));
}
