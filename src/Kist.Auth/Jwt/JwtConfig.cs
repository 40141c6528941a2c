using System.Text.Json.Serialization;
using Kist.Auth.Keys;
using Kist.Core;
using Kist.Crypto.Jose;
using Kist.Wire.Http;

namespace Kist.Auth.Jwt;

/// <summary>The settings of a mount: whose tokens are taken. Stored as JSON.</summary>
internal sealed record JwtConfig
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The issuer, which publishes its keys by OpenID discovery; empty for another source of keys.</summary>
    public string OidcDiscoveryUrl { get; init; } = "";

    /// <summary>Authorities that the issuer's server is trusted by, in PEM; empty for the system's.</summary>
    public string OidcDiscoveryCaPem { get; init; } = "";

    /// <summary>Where a key set is; empty for another source of keys.</summary>
    public string JwksUrl { get; init; } = "";

    /// <summary>Authorities that the server of the key set is trusted by, in PEM; empty for the system's.</summary>
    public string JwksCaPem { get; init; } = "";

    /// <summary>Public keys in PEM; empty for another source of keys.</summary>
    public IReadOnlyList<string> JwtValidationPubkeys { get; init; } = [];

    /// <summary>What tokens must say who issued them; empty for the discovered issuer, or for anybody who has the keys.</summary>
    public string BoundIssuer { get; init; } = "";

    /// <summary>Names of the algorithms that are taken; empty for all.</summary>
    public IReadOnlyList<string> JwtSupportedAlgs { get; init; } = [];

    /// <summary>The role of logins that name none; empty for none.</summary>
    public string DefaultRole { get; init; } = "";

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public Failure? Check()
    {
        var sources = (OidcDiscoveryUrl.Length > 0 ? 1 : 0) + (JwksUrl.Length > 0 ? 1 : 0) + (JwtValidationPubkeys.Count > 0 ? 1 : 0);
        if (sources != 1)
            return Invalid("exactly one of \"oidc_discovery_url\", \"jwks_url\" and \"jwt_validation_pubkeys\" must be set");
        if (CheckAddress("oidc_discovery_url", OidcDiscoveryUrl, OidcDiscoveryCaPem) is { } badIssuer)
            return badIssuer;
        if (CheckAddress("jwks_url", JwksUrl, JwksCaPem) is { } badSet)
            return badSet;
        if (JwtSupportedAlgs.FirstOrDefault(a => JwsAlgorithm.Find(a) is null) is { } unknown)
            return Invalid($"field \"jwt_supported_algs\": \"{unknown}\" is none of {string.Join(", ", JwsAlgorithm.All)}");
        return GivenKeys.TryParse(JwtValidationPubkeys, out var fault) is null ? Invalid($"field \"jwt_validation_pubkeys\": {fault}") : null;
    }

    /// <summary>Where the keys come from.</summary>
    public KeySource ToSource(TimeProvider clock)
    {
        if (OidcDiscoveryUrl.Length > 0)
            return new RemoteKeys(ct => PublishedKeys.DiscoverAsync(OidcDiscoveryUrl, OidcDiscoveryCaPem, ct), clock);
        if (JwksUrl.Length > 0)
            return new RemoteKeys(ct => PublishedKeys.FetchAsync(JwksUrl, JwksCaPem, ct), clock);
        return GivenKeys.TryParse(JwtValidationPubkeys, out _)!;
    }

    /// <summary>The algorithms that are taken.</summary>
    public IReadOnlyCollection<JwsAlgorithm> Algorithms() =>
        JwtSupportedAlgs.Count == 0 ? JwsAlgorithm.All : [.. JwtSupportedAlgs.Select(JwsAlgorithm.Find).OfType<JwsAlgorithm>()];

    /// <summary>Whether every issuer's tokens are taken that one of the keys has signed.</summary>
    [JsonIgnore]
    public bool TakesAnyIssuer => OidcDiscoveryUrl.Length == 0 && BoundIssuer.Length == 0;

    private static Failure? CheckAddress(string field, string address, string authorities)
    {
        if (address.Length == 0)
            return authorities.Length == 0 ? null : Invalid($"there are authorities for \"{field}\", which is not set");
        if (DocumentFetch.CheckAddress(address) is { } bad)
            return Invalid($"field \"{field}\": {bad}");
        return authorities.Length > 0 && PublishedKeys.TryReadAuthorities(authorities) is null
            ? Invalid($"the authorities for \"{field}\" are no certificates in PEM")
            : null;
    }

    private static Failure Invalid(string why) => Failure.Invalid("jwt.invalid_config", why);
}
