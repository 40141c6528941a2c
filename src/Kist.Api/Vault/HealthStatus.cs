using System.Globalization;
using Kist.Core.Sys;
using Microsoft.AspNetCore.Http;

namespace Kist.Api.Vault;

/// <summary>
/// The status of <c>sys/health</c>, which load balancers read, with the query parameters that change it (Vault API documentation, "/sys/health").
/// Every unsealed node with a fresh store is active, so that the codes of standbys and of disaster recovery are never asked for; one that has lost its store is
/// what Vault calls a standby without contact to the active node, in all but the standard status.
/// </summary>
internal static class HealthStatus
{
    public static int Of(HealthResponse health, IQueryCollection query)
    {
        if (!health.Initialized)
            return Code(query, "uninitcode", 501);
        if (health.Sealed)
            return Code(query, "sealedcode", 503);
        if (!health.StoreFresh)
            return Code(query, "haunhealthycode", StatusCodes.Status503ServiceUnavailable);
        return Code(query, "activecode", 200);
    }

    private static int Code(IQueryCollection query, string name, int standard) =>
        int.TryParse(query[name], NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 200 and <= 599 ? code : standard;
}
