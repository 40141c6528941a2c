using System.Text.Json;
using Kist.Crypto.Jose;

namespace Kist.Auth.Kubernetes;

/// <summary>The service account that a token is about, by its claims.</summary>
internal sealed record ServiceAccount
{
    private const string Prefix = "system:serviceaccount:";
    private const string Claim = "kubernetes.io";
    private const string FormerClaim = "kubernetes.io/serviceaccount/";

    /// <summary>Its namespace.</summary>
    public required string Namespace { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Names it for all times; empty when the token does not say.</summary>
    public required string Uid { get; init; }

    /// <summary>The secret that the token lies in; empty for tokens that lie in none.</summary>
    public string SecretName { get; init; } = "";

    /// <summary>Whether the token is bound to its time and object, as those are that pods get since Kubernetes 1.21.</summary>
    public bool IsBound { get; init; }

    /// <summary>
    /// When the token was meant to be replaced: API servers let it live up to a year longer, for programs that never read the file again. Null when it ends
    /// at its end.
    /// </summary>
    public DateTimeOffset? WarnAfter { get; init; }

    /// <summary>The name of the user that the API server sees.</summary>
    public string UserName => $"{Prefix}{Namespace}:{Name}";

    /// <summary>Reads claims; null when they are those of no service account.</summary>
    public static ServiceAccount? TryRead(JwtClaims claims)
    {
        var account = claims.Root.TryGetProperty(Claim, out var bound) ? ReadBound(bound) : ReadFormer(claims.Root);
        return account is { Namespace.Length: > 0, Name.Length: > 0 } && claims.Subject == account.UserName ? account : null;
    }

    private static ServiceAccount? ReadBound(JsonElement bound)
    {
        if (bound.ValueKind != JsonValueKind.Object || !bound.TryGetProperty("serviceaccount", out var account) || account.ValueKind != JsonValueKind.Object
            || !JwtClaims.TryReadTime(bound, "warnafter", out var warnAfter))
        {
            return null;
        }
        return new ServiceAccount
        {
            Namespace = StrictJson.Text(bound, "namespace") ?? "",
            Name = StrictJson.Text(account, "name") ?? "",
            Uid = StrictJson.Text(account, "uid") ?? "",
            IsBound = true,
            WarnAfter = warnAfter,
        };
    }

    private static ServiceAccount ReadFormer(JsonElement claims) => new()
    {
        Namespace = StrictJson.Text(claims, FormerClaim + "namespace") ?? "",
        Name = StrictJson.Text(claims, FormerClaim + "service-account.name") ?? "",
        Uid = StrictJson.Text(claims, FormerClaim + "service-account.uid") ?? "",
        SecretName = StrictJson.Text(claims, FormerClaim + "secret.name") ?? "",
    };
}
