using Kist.Auth.Cert.Stored;
using Kist.Core.Barrier;

namespace Kist.Auth.Cert.Revocation;

/// <summary>
/// Looks certificates up in the mount's revocation lists. A list counts for the certificates that its signer has issued, by key and not by name alone, and
/// counts on when its time is over: what was revoked stays revoked.
/// </summary>
internal static class CrlCheck
{
    /// <summary>Whether a list names one of the certificates of the way but the last, for which the role vouches.</summary>
    public static async ValueTask<bool> IsRevokedAsync(StorageView storage, CertificateWay way, CancellationToken cancellationToken)
    {
        var lists = new List<Crl>();
        foreach (var name in await storage.Folder(CertStore.Crls).ListAsync("", 0, cancellationToken))
        {
            if (await CertStore.ReadCrlAsync(storage, name, cancellationToken) is { Record: var record })
                lists.Add(record.List());
        }
        return lists.Count > 0 && IsRevoked(lists, way);
    }

    private static bool IsRevoked(List<Crl> lists, CertificateWay way)
    {
        var last = Math.Max(1, way.Certificates.Count - 1);
        for (var i = 0; i < last; i++)
        {
            var certificate = way.Certificates[i];
            foreach (var issuer in way.IssuersOf(i))
            {
                if (lists.Exists(list => list.IsOf(issuer) && list.Lists(certificate)))
                    return true;
            }
        }
        return false;
    }
}
