using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;

namespace Kist.Core.Sys;

/// <summary>Brings the second proof of a login.</summary>
public sealed record MfaValidateRequest
{
    /// <summary>The login.</summary>
    [Description("What the login was answered as mfa_requirement.mfa_request_id.")]
    public string? MfaRequestId { get; init; }

    /// <summary>The codes.</summary>
    [Description("Codes by the id or name of a method, each in a list.")]
    public Dictionary<string, IReadOnlyList<string>>? MfaPayload { get; init; }
}

/// <summary><c>sys/mfa/validate</c>.</summary>
internal sealed class MfaValidateRoutes(Node node)
{
    private const int MostCodes = 100;

    public void Add(RouteMap map) =>
        map.Write<MfaValidateRequest, IssuedToken>(
            "mfa/validate", ValidateAsync, "Complete a login that lacks a second proof.").AllowUnauthenticated();

    private async ValueTask<Outcome<IssuedToken>> ValidateAsync(
        MfaValidateRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(request.MfaRequestId))
            return Failure.Invalid("mfa.no_request", "field \"mfa_request_id\" is required");
        if (request.MfaPayload is not { Count: > 0 and <= MostCodes } payload)
            return Failure.Invalid("mfa.no_payload", $"field \"mfa_payload\" is required, with at most {MostCodes} methods");
        var codes = payload.ToDictionary(p => p.Key, p => p.Value is { Count: > 0 } given ? given[0] : "", StringComparer.Ordinal);
        return await node.Logins.ProveAsync(request.MfaRequestId, codes, context, cancellationToken);
    }
}
