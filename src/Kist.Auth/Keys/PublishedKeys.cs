using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Kist.Core;
using Kist.Crypto.Jose;
using Kist.Wire.Http;

namespace Kist.Auth.Keys;

/// <summary>Fetches key sets from where they are published.</summary>
internal static class PublishedKeys
{
    private const string DiscoveryPath = "/.well-known/openid-configuration";

    /// <summary>The key set at an address.</summary>
    public static Task<Outcome<TrustedKeys>> FetchAsync(string address, string authorities, CancellationToken cancellationToken) =>
        TryAsync(() => SetAsync(address, authorities, null, cancellationToken));

    /// <summary>
    /// The key set of an OpenID provider, which says at its address where its keys are. Its name must be the address: else anybody could speak for it.
    /// </summary>
    public static Task<Outcome<TrustedKeys>> DiscoverAsync(string issuer, string authorities, CancellationToken cancellationToken) => TryAsync(async () =>
    {
        var document = await GetAsync(issuer.TrimEnd('/') + DiscoveryPath, authorities, cancellationToken);
        if (!StrictJson.TryParseObject(document, out var provider))
            return Failed("the provider's configuration is not one JSON object");
        if (StrictJson.Text(provider, "issuer") != issuer)
            return Failed($"the provider calls itself by another name than \"{issuer}\": give its issuer exactly as it writes it");
        // A provider on the network does not send the server to what listens on its own machine.
        return StrictJson.Text(provider, "jwks_uri") is { } keys && DocumentFetch.CheckAddress(keys) is null && (IsLocal(issuer) || !IsLocal(keys))
            ? await SetAsync(keys, authorities, issuer, cancellationToken)
            : Failed("the provider names no address of its keys that can be used");
    });

    /// <summary>The certificates of a PEM text; null when it cannot be read or has none.</summary>
    public static X509Certificate2Collection? TryReadAuthorities(string pem)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(pem);
            return authorities.Count > 0 ? authorities : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static bool IsLocal(string address) => new Uri(address).Scheme == Uri.UriSchemeHttp;

    private static async Task<Outcome<TrustedKeys>> SetAsync(string address, string authorities, string? issuer, CancellationToken cancellationToken)
    {
        var set = JsonWebKeySet.TryParse(await GetAsync(address, authorities, cancellationToken), out var fault);
        return set is null ? Failed(fault) : new TrustedKeys(set, issuer);
    }

    private static Task<byte[]> GetAsync(string address, string authorities, CancellationToken cancellationToken) => DocumentFetch.GetAsync(
        new DocumentRequest(new Uri(address)) { Authorities = authorities.Length > 0 ? TryReadAuthorities(authorities) : null }, cancellationToken);

    private static async Task<Outcome<TrustedKeys>> TryAsync(Func<Task<Outcome<TrustedKeys>>> fetch)
    {
        try
        {
            return await fetch();
        }
        catch (DocumentException e)
        {
            return Failed(e.Message);
        }
    }

    private static Outcome<TrustedKeys> Failed(string reason) => Failure.Invalid("jwt.keys_unavailable", reason);
}
