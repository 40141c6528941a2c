using System.Text.Json;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>Claims as API servers write them into the tokens of service accounts.</summary>
internal static class LocalClaims
{
    public static string Of(string ns, string name, string uid, long end, string audience = AccountCluster.Issuer) =>
        JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = AccountCluster.Issuer,
            ["sub"] = $"system:serviceaccount:{ns}:{name}",
            ["aud"] = new[] { audience },
            ["iat"] = end - 3600,
            ["nbf"] = end - 3600,
            ["exp"] = end,
            ["kubernetes.io"] = new { @namespace = ns, serviceaccount = new { name, uid } },
        });
}
