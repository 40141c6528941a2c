using System.ComponentModel;
using Kist.Core.Identity.Mfa;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Brings the second proof of a login.</summary>
public sealed record MfaValidateRequest
{
    /// <summary>The login.</summary>
    [Description("What the login was answered as mfa_requirement.mfa_request_id.")]
    public SecretText? MfaRequestId { get; init; }

    /// <summary>The codes.</summary>
    [Description("Codes by the id or name of a method, each in a list.")]
    public Dictionary<string, IReadOnlyList<SecretText>>? MfaPayload { get; init; }
}

/// <summary><c>sys/mfa/validate</c>.</summary>
internal sealed class MfaValidateRoutes(Node node)
{
    public void Add(RouteMap map) =>
        map.Write<MfaValidateRequest, IssuedToken>(
            "mfa/validate", ValidateAsync, "Complete a login that lacks a second proof.").AllowUnauthenticated();

    private async ValueTask<Outcome<IssuedToken>> ValidateAsync(
        MfaValidateRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.MfaRequestId is not { Utf8.Length: > 0 } id)
            return Failure.Invalid("mfa.no_request", "field \"mfa_request_id\" is required");
        if (request.MfaPayload is not { Count: > 0 and <= OfferedCodes.Most } payload)
            return Failure.Invalid("mfa.no_payload", $"field \"mfa_payload\" is required, with at most {OfferedCodes.Most} methods");
        return await node.Logins.ProveAsync(id, OfferedCodes.OfPayload(payload), context, cancellationToken);
    }
}
