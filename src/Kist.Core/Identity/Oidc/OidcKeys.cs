using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Storage;

namespace Kist.Core.Identity.Oidc;

/// <summary>What an operator says of a key; null leaves what is there.</summary>
internal sealed record OidcKeyFields(string? Algorithm, TimeSpan? RotationPeriod, TimeSpan? VerificationTtl, IReadOnlyList<string>? AllowedClientIds);

/// <summary>A public key that is published.</summary>
internal sealed record PublishedKey(OidcAlgorithm Algorithm, OidcKeyVersion Version, OidcJwk Jwk);

/// <summary>The keys of identity tokens: all nodes sign with the same, and rotate them together.</summary>
internal sealed class OidcKeys(IdentityRecords records, OidcRecords oidc, TimeProvider clock)
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMinutes(1);

    // Each is published and looked through.
    private const int MostFormer = 50;

    private volatile Published? published;

    public static Failure NoKey { get; } = Failure.Invalid("identity.no_key", "the named key does not exist");

    private static readonly Failure InvalidTtl = Failure.Invalid(
        "identity.verification_ttl", "field \"verification_ttl\": must not be negative, and at most ten times rotation_period");

    public static Failure InvalidName { get; } =
        Failure.Invalid("identity.invalid_name", "field \"name\": a name has letters, digits, \"_\", and between them \"-\" and \".\"");

    public ValueTask<StoredRecord<OidcKeyRecord>?> ReadAsync(string? name, CancellationToken cancellationToken) =>
        OidcRecords.IsName(name) ? oidc.Keys.ReadRecordAsync(name!, OidcJson.Key, cancellationToken) : default;

    public async ValueTask<Outcome<Nothing>> WriteAsync(
        string name, OidcKeyFields fields, RequestContext context, CancellationToken cancellationToken)
    {
        if (!OidcRecords.IsName(name))
            return InvalidName;
        return await records.ChangeAsync(context, WriteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> WriteAsync(Transaction change, CancellationToken ct)
        {
            var stored = await ReadAsync(name, ct);
            var key = stored?.Record;
            var algorithm = OidcAlgorithm.Find(string.IsNullOrEmpty(fields.Algorithm) ? key?.Algorithm ?? "RS256" : fields.Algorithm);
            if (algorithm is null)
                return Failure.Invalid(
                    "identity.algorithm", $"field \"algorithm\": must be one of {string.Join(", ", OidcAlgorithm.All.Select(a => a.Name))}");
            var period = fields.RotationPeriod ?? key?.RotationPeriod ?? Day;
            var ttl = fields.VerificationTtl ?? key?.VerificationTtl ?? Day;
            if (period < ShortestPeriod)
                return Failure.Invalid("identity.rotation_period", "field \"rotation_period\": must be at least one minute");
            if (ttl < TimeSpan.Zero || ttl > 10 * period)
                return InvalidTtl;
            var now = clock.GetUtcNow();
            // Another algorithm needs other keys; what the former ones signed stays good for its time.
            if (key is null || key.Algorithm != algorithm.Name)
            {
                var former = key is null ? [] : Former(change, name, key, key.VerificationTtl, now, withNext: true);
                key = new OidcKeyRecord
                {
                    Algorithm = algorithm.Name,
                    AllowedClientIds = key?.AllowedClientIds ?? [],
                    Current = Generate(change, name, algorithm),
                    Next = Generate(change, name, algorithm),
                    Former = former,
                };
            }
            change.Require(oidc.Keys, name, stored?.Revision ?? 0);
            Put(change, name, key with
            {
                RotationPeriod = period,
                VerificationTtl = ttl,
                AllowedClientIds = fields.AllowedClientIds ?? key.AllowedClientIds,
                RotatesAt = now + period,
            });
            return Outcome.Done;
        }
    }

    /// <summary>Lets the next version sign.</summary>
    /// <param name="name">The key's.</param>
    /// <param name="verificationTtl">How long the current one is still published; null as the key says.</param>
    /// <param name="onlyWhenDue">Leaves a key that is not due as it is.</param>
    /// <param name="fence">A precondition, or null.</param>
    /// <param name="context">Gets the index; null when nobody is answered.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Outcome<Nothing>> RotateAsync(
        string name, TimeSpan? verificationTtl, bool onlyWhenDue, Precondition? fence, RequestContext? context, CancellationToken cancellationToken)
    {
        return records.ChangeAsync(context, RotateAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> RotateAsync(Transaction change, CancellationToken ct)
        {
            if (await ReadAsync(name, ct) is not { Record: var key } stored)
                return NoKey;
            var now = clock.GetUtcNow();
            if (onlyWhenDue && now < key.RotatesAt)
                return Outcome.Done;
            var ttl = verificationTtl ?? key.VerificationTtl;
            if (ttl < TimeSpan.Zero || ttl > 10 * key.RotationPeriod)
                return InvalidTtl;
            var former = Former(change, name, key, ttl, now, withNext: false);
            if (former.Count > MostFormer)
                return Failure.Invalid(
                    "identity.too_many_versions", $"{MostFormer} former versions of the key are still published; wait until one ends");
            if (fence is { } held)
                change.Require(held);
            change.Require(oidc.Keys, name, stored.Revision);
            var algorithm = OidcAlgorithm.Find(key.Algorithm)!;
            Put(change, name, key with
            {
                Current = key.Next,
                Next = Generate(change, name, algorithm),
                Former = former,
                RotatesAt = now + key.RotationPeriod,
            });
            return Outcome.Done;
        }
    }

    /// <summary>Deletes a key that no role names; none is no error.</summary>
    public async ValueTask<Outcome<Nothing>> DeleteAsync(string name, RequestContext context, CancellationToken cancellationToken)
    {
        foreach (var role in await oidc.Roles.ListAsync("", 0, cancellationToken))
        {
            if (await oidc.Roles.ReadRecordAsync(role, OidcJson.Role, cancellationToken) is { Record.Key: var used } && used == name)
                return Failure.Invalid(
                    "identity.key_in_use", $"unable to delete key \"{name}\" because it is currently referenced by the role \"{role}\"");
        }
        return await records.ChangeAsync(context, DeleteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> DeleteAsync(Transaction change, CancellationToken ct)
        {
            if (await ReadAsync(name, ct) is not { Record: var key } stored)
                return Outcome.Done;
            change.Require(oidc.Keys, name, stored.Revision).Delete(oidc.Keys, name)
                .Delete(oidc.Private, $"{name}/{key.Current.Id}").Delete(oidc.Private, $"{name}/{key.Next.Id}")
                .Put(oidc.Root, OidcRecords.Stamp, new OidcStamp(), OidcJson.StampType);
            return Outcome.Done;
        }
    }

    /// <summary>Signs with the key's current version, and rotates the key first when that is due.</summary>
    /// <returns>The version's id and the signature over what <paramref name="data"/> makes of that id.</returns>
    public async ValueTask<Outcome<byte[]>> SignAsync(string name, Func<OidcKeyRecord, byte[]> data, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (await ReadAsync(name, cancellationToken) is not { Record: var key })
                return NoKey;
            if (clock.GetUtcNow() >= key.RotatesAt)
            {
                var rotated = await RotateAsync(name, null, onlyWhenDue: true, null, null, cancellationToken);
                if (!rotated.Succeeded)
                    return rotated.Failure;
                continue;
            }
            // Gone when another node has rotated the key; then this one knows so at the next look.
            if (await oidc.Private.ReadAsync($"{name}/{key.Current.Id}", cancellationToken) is not { } stored)
            {
                _ = await records.Begin().Require(oidc.Keys, name, 0).CommitAsync(cancellationToken);
                continue;
            }
            try
            {
                return OidcAlgorithm.Find(key.Current.Algorithm)!.Sign(stored.Value.Span, data(key));
            }
            finally
            {
                if (MemoryMarshal.TryGetArray(stored.Value, out var bytes))
                    CryptographicOperations.ZeroMemory(bytes.AsSpan());
            }
        }
        return IdentityCommits.Contention;
    }

    /// <summary>All versions that sign, will sign or have signed what may still be good.</summary>
    public async ValueTask<IReadOnlyList<PublishedKey>> PublishedAsync(CancellationToken cancellationToken)
    {
        var stamp = await oidc.Root.ReadRecordAsync(OidcRecords.Stamp, OidcJson.StampType, cancellationToken);
        if (stamp is null)
            return [];
        var known = published;
        if (known is null || known.Revision != stamp.Value.Revision)
            published = known = await LoadAsync(stamp.Value.Revision, cancellationToken);
        var now = clock.GetUtcNow();
        return [.. known.Keys.Where(k => k.Version.Until is not { } until || now < until)];
    }

    /// <summary>Rotates the keys that are due.</summary>
    public async ValueTask TendAsync(Precondition? fence, CancellationToken cancellationToken)
    {
        foreach (var name in await oidc.Keys.ListAsync("", 0, cancellationToken))
        {
            if (await ReadAsync(name, cancellationToken) is { Record: var key } && clock.GetUtcNow() >= key.RotatesAt)
                _ = await RotateAsync(name, null, onlyWhenDue: true, fence, null, cancellationToken);
        }
    }

    private async ValueTask<Published> LoadAsync(long revision, CancellationToken cancellationToken)
    {
        var keys = new List<PublishedKey>();
        foreach (var name in await oidc.Keys.ListAsync("", 0, cancellationToken))
        {
            if (await ReadAsync(name, cancellationToken) is not { Record: var key })
                continue;
            keys.AddRange(from version in (OidcKeyVersion[])[key.Current, key.Next, .. key.Former]
                          let algorithm = OidcAlgorithm.Find(version.Algorithm)
                          where algorithm is not null
                          select new PublishedKey(algorithm, version, algorithm.ToJwk(version)));
        }
        return new Published(revision, keys);
    }

    private OidcKeyVersion Generate(Transaction change, string name, OidcAlgorithm algorithm)
    {
        var (privateKey, publicKey) = algorithm.Generate();
        var version = new OidcKeyVersion(Guid.NewGuid().ToString(), algorithm.Name, publicKey, null);
        change.Put(oidc.Private, $"{name}/{version.Id}", privateKey);
        return version;
    }

    // The versions that only verify from now on; their private halves go.
    private List<OidcKeyVersion> Former(Transaction change, string name, OidcKeyRecord key, TimeSpan ttl, DateTimeOffset now, bool withNext)
    {
        var former = key.Former.Where(v => v.Until > now).ToList();
        change.Delete(oidc.Private, $"{name}/{key.Current.Id}");
        if (ttl > TimeSpan.Zero)
            former.Add(key.Current with { Until = now + ttl });
        if (withNext)
            change.Delete(oidc.Private, $"{name}/{key.Next.Id}");
        return former;
    }

    private void Put(Transaction change, string name, OidcKeyRecord key) =>
        change.Put(oidc.Keys, name, key, OidcJson.Key).Put(oidc.Root, OidcRecords.Stamp, new OidcStamp(), OidcJson.StampType);

    private sealed record Published(long Revision, IReadOnlyList<PublishedKey> Keys);
}
