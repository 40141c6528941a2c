using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Leases;

/// <summary>
/// Where the leases of one namespace lie in the store, and which entries change together.
/// <code>
/// lease/id/ID             the entry; an id is the path that issued it and 24 random characters
/// lease/due/…/ID          by the time of revocation, in order: see <see cref="LeaseDue"/>
/// lease/token/HASH/ID     the leases that end with a token
/// lease/mount/MOUNT/ID    the leases of a mount
/// lease/irrevocable/ID    those that could not be revoked and are not tried any more
/// lease/sweep/NAME        revocations of all leases under a prefix
/// lease/quotas            the quotas of leases, all in one
/// </code>
/// </summary>
internal sealed class LeaseRecords
{
    /// <summary>The quotas.</summary>
    public const string QuotasPath = "quotas";

    private const int IdCharacters = 24;

    // What clients ask for may be longer than any key of the store.
    private const int MaxIdBytes = 3_900;

    private readonly StorageView root;

    public LeaseRecords(BarrierStore barrier, NamespaceId ns)
    {
        Namespace = ns;
        root = barrier.System(ns).Folder("lease/");
        Ids = root.Folder("id/");
        Due = root.Folder("due/");
        Irrevocable = root.Folder("irrevocable/");
        Sweeps = root.Folder("sweep/");
        Tokens = root.Folder("token/");
        Mounts = root.Folder("mount/");
    }

    public NamespaceId Namespace { get; }

    public StorageView Ids { get; }

    public StorageView Due { get; }

    public StorageView Irrevocable { get; }

    public StorageView Sweeps { get; }

    /// <summary>Where <see cref="QuotasPath"/> stands.</summary>
    public StorageView Root => root;

    public StorageView Tokens { get; }

    public StorageView Mounts { get; }

    /// <summary>A new id below the path that issues it.</summary>
    public static string NewId(string path)
    {
        Span<byte> digits = stackalloc byte[IdCharacters];
        RandomNumberGenerator.GetItems(Base62.Digits, digits);
        return $"{path}/{Encoding.ASCII.GetString(digits)}";
    }

    /// <summary>The leases that end with a token.</summary>
    public StorageView OfToken(string hash) => Tokens.Folder(hash + "/");

    /// <summary>The leases of a mount.</summary>
    public StorageView OfMount(ulong mount) => Mounts.Folder(mount.ToString("x16", CultureInfo.InvariantCulture) + "/");

    public async ValueTask<StoredLease?> ReadAsync(string id, CancellationToken cancellationToken) =>
        id.Length > 0 && Encoding.UTF8.GetByteCount(id) <= MaxIdBytes && await Ids.ReadRecordAsync(id, LeaseJson.Default.LeaseEntry, cancellationToken) is { } stored
            ? new StoredLease(id, stored.Record, stored.Revision)
            : null;

    public Transaction Begin() => Ids.Begin();

    /// <summary>Adds a new lease.</summary>
    /// <exception cref="StoreLimitException">Its id is longer than <see cref="ReadAsync"/> looks for.</exception>
    public void Add(Transaction transaction, string id, LeaseEntry entry)
    {
        if (Encoding.UTF8.GetByteCount(id) > MaxIdBytes)
            throw new StoreLimitException($"a lease id has at most {MaxIdBytes} bytes");
        transaction.Require(Ids, id, 0).Put(Ids, id, entry, LeaseJson.Default.LeaseEntry)
            .Put(Due, LeaseDue.Of(id, entry).Key, Array.Empty<byte>())
            .Put(OfMount(entry.Mount), id, Array.Empty<byte>());
        if (entry.TokenHash.Length > 0)
            transaction.Put(OfToken(entry.TokenHash), id, Array.Empty<byte>());
    }

    /// <summary>Changes a lease that nobody else has changed meanwhile, and moves it in the indexes.</summary>
    public void Replace(Transaction transaction, StoredLease old, LeaseEntry entry)
    {
        transaction.Require(Ids, old.Id, old.Revision).Put(Ids, old.Id, entry, LeaseJson.Default.LeaseEntry);
        var (from, to) = (LeaseDue.Of(old.Id, old.Entry).Key, LeaseDue.Of(old.Id, entry).Key);
        if (from != to || old.Entry.Irrevocable != entry.Irrevocable)
        {
            if (from != to || entry.Irrevocable)
                transaction.Delete(Due, from);
            if (!entry.Irrevocable)
                transaction.Put(Due, to, Array.Empty<byte>());
        }
        if (old.Entry.Irrevocable && !entry.Irrevocable)
            transaction.Delete(Irrevocable, old.Id);
        else if (!old.Entry.Irrevocable && entry.Irrevocable)
            transaction.Put(Irrevocable, old.Id, Array.Empty<byte>());
    }

    /// <summary>Removes a lease whose secret has ended.</summary>
    public void Remove(Transaction transaction, StoredLease lease)
    {
        transaction.Require(Ids, lease.Id, lease.Revision).Delete(Ids, lease.Id)
            .Delete(Due, LeaseDue.Of(lease.Id, lease.Entry).Key)
            .Delete(OfMount(lease.Entry.Mount), lease.Id);
        if (lease.Entry.TokenHash.Length > 0)
            transaction.Delete(OfToken(lease.Entry.TokenHash), lease.Id);
        if (lease.Entry.Irrevocable)
            transaction.Delete(Irrevocable, lease.Id);
    }

    /// <summary>
    /// Lets a lease end now. One whose secret is being made keeps its time, for nobody can end what is not there yet: who makes it finds the mark when he
    /// confirms it, and ends it himself.
    /// </summary>
    /// <param name="transaction">Takes the change.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="now">By the clock.</param>
    /// <param name="after">When it is to be revoked, from now.</param>
    public void End(Transaction transaction, StoredLease lease, DateTimeOffset now, TimeSpan after = default)
    {
        var due = lease.Entry.IsBeingMade(now) ? lease.Entry.DueAt : now + after;
        Replace(transaction, lease, lease.Entry with { Ending = true, DueAt = due, Irrevocable = false, Refusals = 0 });
    }
}
