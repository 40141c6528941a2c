using System.Text.Json;
using Kist.Core.Logins;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Core.Wrapping;

namespace Kist.Core.Pipeline;

/// <summary>Makes the response of what a handler returned: a body as JSON, or one of the results with a place of their own in an answer.</summary>
internal static class ResponseBuilder
{
    public static Response Build(RequestContext context, RouteResult result)
    {
        var response = new Response
        {
            Shape = context.Route.Shape,
            Warnings = context.Warnings,
            Index = context.Index,
            Gone = context.Gone,
            PartialFailure = context.PartialFailure,
            Lease = context.Lease,
            MountType = context.Mount.TypeName,
        };
        return result.Body switch
        {
            null or Nothing => response,
            IssuedToken token => response with { Auth = token },
            WrapInfo wrap => response with { Wrap = wrap, Index = wrap.Revision },
            TextBody text => response with { Body = text },
            // An unwrapped answer: as it was when it was wrapped.
            Response whole => whole with { Warnings = [.. whole.Warnings, .. context.Warnings] },
            var body => response with { Body = body, Data = JsonSerializer.SerializeToUtf8Bytes(body, result.Type) },
        };
    }

    /// <summary>True for results that have a place of their own in an answer and are not serialised as data.</summary>
    public static bool IsOwnResult(Type type) =>
        type == typeof(Nothing) || type == typeof(Login) || type == typeof(IssuedToken) || type == typeof(WrapInfo) || type == typeof(TextBody) || type == typeof(Response);
}
