using Kist.Auth.Cert.Revocation;
using Kist.Auth.Cert.Stored;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Auth.Cert.Crls;

/// <summary>
/// Fetches revocation lists again: when they end, and at least once an hour. What comes back must be of the same issuer, no older and, when one of the roles'
/// authorities had signed the old list, signed by one: whoever stands in the way cannot make a revocation forgotten.
/// </summary>
internal sealed class CrlRefresh(RevocationHttp http, TimeProvider clock)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(5);

    /// <summary>The record of a list that was fetched now.</summary>
    public static CrlRecord Record(byte[] der, string url, DateTimeOffset now)
    {
        var wait = Crl.Parse(der) is { Succeeded: true, Value.NextUpdate: { } next } ? next - now : LongestWait;
        return new CrlRecord { Der = der, Url = url, DueAt = now + TimeSpan.FromTicks(Math.Clamp(wait.Ticks, ShortestWait.Ticks, LongestWait.Ticks)) };
    }

    /// <summary>Fetches what is due.</summary>
    /// <exception cref="InvalidDataException">A list could not be fetched; the old one stays, and it is tried again in five minutes.</exception>
    public async ValueTask RefreshDueAsync(StorageView storage, Precondition fence, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        foreach (var name in await storage.Folder(CertStore.Crls).ListAsync("", 0, cancellationToken))
        {
            if (await CertStore.ReadCrlAsync(storage, name, cancellationToken) is not { Record.DueAt: { } due } stored || due > clock.GetUtcNow())
                continue;
            var fetched = await FetchAsync(storage, stored.Record, cancellationToken);
            if (fetched is null)
                failed.Add(name);
            var next = fetched ?? stored.Record with { DueAt = clock.GetUtcNow() + AfterFailure };
            // After a conflict somebody else has written it, and it is looked at again in half a minute.
            _ = await storage.Begin().Require(fence)
                .Require(storage, CertStore.Crls + name, stored.Revision)
                .Put(storage, CertStore.Crls + name, next, CertStoredJson.Default.CrlRecord)
                .CommitAsync(cancellationToken);
        }
        if (failed.Count > 0)
            throw new InvalidDataException($"no good revocation list came from the URLs of: {string.Join(", ", failed)}; the old ones stay in force");
    }

    private async ValueTask<CrlRecord?> FetchAsync(StorageView storage, CrlRecord old, CancellationToken cancellationToken)
    {
        if (!RevocationHttp.TryParse(old.Url, out var url) || await http.GetAsync(url, 2 * Crl.MaxBytes, cancellationToken) is not { } fetched)
            return null;
        var record = Record(CrlText.Read(fetched), old.Url, clock.GetUtcNow());
        if (Crl.Parse(record.Der) is not { Succeeded: true, Value: var list })
            return null;
        var was = old.List();
        if (!list.HasIssuerOf(was) || list.ThisUpdate < was.ThisUpdate)
            return null;
        var signed = !await CrlSigners.IsOfRoleAsync(storage, was, cancellationToken) || await CrlSigners.IsOfRoleAsync(storage, list, cancellationToken);
        return signed ? record : null;
    }
}

/// <summary>Finds who made a list.</summary>
internal static class CrlSigners
{
    /// <summary>Whether an authority that a role of the mount names has made the list.</summary>
    public static async ValueTask<bool> IsOfRoleAsync(StorageView storage, Crl list, CancellationToken cancellationToken)
    {
        foreach (var name in await storage.Folder(CertStore.Roles).ListAsync("", 0, cancellationToken))
        {
            if (await CertStore.ReadRoleAsync(storage, name, cancellationToken) is { Record: var role } && role.Trust().Clients.Authorities.Any(list.IsOf))
                return true;
        }
        return false;
    }
}
