using System.Text.Json;
using Kist.Crypto.Jose;

namespace Kist.Core.Identity.Oidc;

/// <summary>A public key that is published.</summary>
/// <param name="Jwk">As it is published.</param>
/// <param name="Verifier">What a verifier makes of that.</param>
/// <param name="Until">Until when; null for a version that signs or will sign.</param>
internal sealed record PublishedKey(OidcJwk Jwk, VerificationKey Verifier, DateTimeOffset? Until);

/// <summary>The public halves of the keys of identity tokens, remembered until one of the keys changes.</summary>
internal sealed class PublishedKeys(OidcRecords oidc, TimeProvider clock)
{
    private const int Page = 100;

    private volatile Snapshot? known;

    /// <summary>All versions that sign, will sign or have signed what may still be good.</summary>
    public async ValueTask<IReadOnlyList<PublishedKey>> AllAsync(CancellationToken cancellationToken)
    {
        if (await oidc.Root.ReadRecordAsync(OidcRecords.Stamp, OidcJson.StampType, cancellationToken) is not { } stamp)
            return [];
        var current = known;
        if (current is null || current.Revision != stamp.Revision)
            known = current = new Snapshot(stamp.Revision, await LoadAsync(cancellationToken));
        var now = clock.GetUtcNow();
        return [.. current.Keys.Where(k => k.Until is not { } until || now < until)];
    }

    // By ranges, which no memory of this node answers: beside a new stamp it may still hold an old key, which would then be published for good.
    private async ValueTask<List<PublishedKey>> LoadAsync(CancellationToken cancellationToken)
    {
        var keys = new List<PublishedKey>();
        var after = "";
        while (await oidc.Keys.RangeAsync("", after, Page, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var (_, stored) in page)
            {
                var key = JsonSerializer.Deserialize(stored.Value.Span, OidcJson.Key)!;
                keys.AddRange(((OidcKeyVersion[])[key.Current, key.Next, .. key.Former]).Select(Publish).OfType<PublishedKey>());
            }
            after = page[^1].Key;
        }
        return keys;
    }

    private static PublishedKey? Publish(OidcKeyVersion version)
    {
        if (OidcAlgorithm.Find(version.Algorithm)?.ToJwk(version) is not { } jwk)
            return null;
        var set = JsonWebKeySet.TryParse(JsonSerializer.SerializeToUtf8Bytes(new OidcJwks([jwk]), OidcJson.KeySet), out _);
        return set is { Keys: [var verifier] } ? new PublishedKey(jwk, verifier, version.Until) : null;
    }

    private sealed record Snapshot(long Revision, IReadOnlyList<PublishedKey> Keys);
}
