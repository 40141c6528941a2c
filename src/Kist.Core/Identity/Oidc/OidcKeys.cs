using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Identity.Oidc;

/// <summary>What an operator says of a key; null leaves what is there.</summary>
internal sealed record OidcKeyFields(string? Algorithm, TimeSpan? RotationPeriod, TimeSpan? VerificationTtl, IReadOnlyList<string>? AllowedClientIds);

/// <summary>The keys of identity tokens: all nodes sign with the same, and rotate them together.</summary>
internal sealed class OidcKeys(IdentityRecords records, OidcRecords oidc, TimeProvider clock)
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMinutes(1);

    // Each is published and looked through.
    private const int MostFormer = 50;
    private const int RolesOfPage = 100;

    // How far the clocks of two nodes may differ. A rotation that is further away than a period was set by a clock that was wrong.
    private static readonly TimeSpan Tolerance = TimeSpan.FromHours(1);

    private readonly ClockGuard guard = new(clock);

    public static Failure NoKey { get; } = Failure.Invalid("identity.no_key", "the named key does not exist");

    private static readonly Failure InvalidTtl = Failure.Invalid(
        "identity.verification_ttl", "field \"verification_ttl\": must not be negative, and at most ten times rotation_period");

    public static Failure InvalidName { get; } =
        Failure.Invalid("identity.invalid_name", "field \"name\": a name has letters, digits, \"_\", and between them \"-\" and \".\"");

    public ValueTask<StoredRecord<OidcKeyRecord>?> ReadAsync(string? name, CancellationToken cancellationToken) =>
        OidcRecords.IsName(name) ? oidc.Keys.ReadRecordAsync(name!, OidcJson.Key, cancellationToken) : default;

    public async ValueTask<Outcome<Nothing>> WriteAsync(
        string name, OidcKeyFields fields, RequestContext? context, CancellationToken cancellationToken)
    {
        if (!OidcRecords.IsName(name))
            return InvalidName;
        using var made = new OpenedBytes();
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
            // Settings that are written again put no rotation off.
            var rotatesAt = now + period;
            if (key is not null && key.Algorithm == algorithm.Name && key.RotatesAt < rotatesAt)
                rotatesAt = key.RotatesAt;
            // Another algorithm needs other keys; what the former ones signed stays good for its time.
            if (key is null || key.Algorithm != algorithm.Name)
            {
                var former = key is null ? [] : Former(change, name, key, key.VerificationTtl, now, withNext: true);
                key = new OidcKeyRecord
                {
                    Algorithm = algorithm.Name,
                    AllowedClientIds = key?.AllowedClientIds ?? [],
                    Current = Generate(change, name, algorithm, made),
                    Next = Generate(change, name, algorithm, made),
                    Former = former,
                };
            }
            change.Require(oidc.Keys, name, stored?.Revision ?? 0);
            Put(change, name, key with
            {
                RotationPeriod = period,
                VerificationTtl = ttl,
                AllowedClientIds = fields.AllowedClientIds ?? key.AllowedClientIds,
                RotatesAt = rotatesAt,
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
    public async ValueTask<Outcome<Nothing>> RotateAsync(
        string name, TimeSpan? verificationTtl, bool onlyWhenDue, Precondition? fence, RequestContext? context, CancellationToken cancellationToken)
    {
        using var made = new OpenedBytes();
        return await records.ChangeAsync(context, RotateAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> RotateAsync(Transaction change, CancellationToken ct)
        {
            if (await ReadAsync(name, ct) is not { Record: var key } stored)
                return NoKey;
            var now = clock.GetUtcNow();
            if (onlyWhenDue && !IsDue(key))
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
                Next = Generate(change, name, algorithm, made),
                Former = former,
                RotatesAt = now + key.RotationPeriod,
            });
            return Outcome.Done;
        }
    }

    /// <summary>Deletes a key that no role names; none is no error.</summary>
    public ValueTask<Outcome<Nothing>> DeleteAsync(string name, RequestContext context, CancellationToken cancellationToken)
    {
        return records.ChangeAsync(context, DeleteAsync, cancellationToken);

        async ValueTask<Outcome<Nothing>> DeleteAsync(Transaction change, CancellationToken ct)
        {
            if (await ReadAsync(name, ct) is not { Record: var key } stored)
                return Outcome.Done;
            // Changed by each role that begins to use a key: none does so unseen.
            var stamp = await oidc.Root.ReadRecordAsync(OidcRecords.Stamp, OidcJson.StampType, ct);
            change.Require(oidc.Root, OidcRecords.Stamp, stamp?.Revision ?? 0);
            if (await UserOfAsync(name, ct) is { } role)
                return Failure.Invalid(
                    "identity.key_in_use", $"unable to delete key \"{name}\" because it is currently referenced by the role \"{role}\"");
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
            // Where it cannot be rotated now, the current version signs on.
            if (IsDue(key) && (await RotateAsync(name, null, onlyWhenDue: true, null, null, cancellationToken)).Succeeded)
                continue;
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
                OpenedBytes.Wipe(stored.Value);
            }
        }
        return IdentityCommits.Contention;
    }

    /// <summary>Rotates the keys that are due.</summary>
    public async ValueTask TendAsync(Precondition? fence, CancellationToken cancellationToken)
    {
        foreach (var name in await oidc.Keys.ListAsync("", 0, cancellationToken))
        {
            if (await ReadAsync(name, cancellationToken) is { Record: var key } && IsDue(key))
                _ = await RotateAsync(name, null, onlyWhenDue: true, fence, null, cancellationToken);
        }
    }

    // A clock that has just jumped rotates nothing: it would also end the time of what the former versions signed.
    private bool IsDue(OidcKeyRecord key)
    {
        var now = clock.GetUtcNow();
        return (now >= key.RotatesAt || key.RotatesAt - now > key.RotationPeriod + Tolerance) && guard.IsSteady();
    }

    private async ValueTask<string?> UserOfAsync(string name, CancellationToken cancellationToken)
    {
        var after = "";
        while (await oidc.Roles.RangeAsync("", after, RolesOfPage, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var (role, stored) in page)
            {
                if (JsonSerializer.Deserialize(stored.Value.Span, OidcJson.Role)!.Key == name)
                    return role;
            }
            after = page[^1].Key;
        }
        return null;
    }

    private OidcKeyVersion Generate(Transaction change, string name, OidcAlgorithm algorithm, OpenedBytes made)
    {
        var (privateKey, publicKey) = algorithm.Generate();
        made.Add(privateKey);
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
}
