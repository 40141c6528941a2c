using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Namespaces;

namespace Kist.Core.Identity.Stored;

/// <summary>
/// Where the identities of one namespace lie in the store, and which entries change together. Aliases stand under keyed hashes of their names: a
/// stolen
/// store does not show who logs in.
/// <code>
/// identity/entity/ID                  the entity, with its aliases and groups; of a merged one, where it went
/// identity/entity-name/NAME           name in lower case, escaped → entity
/// identity/alias/ID                   alias → entity
/// identity/alias-key/MOUNT/HASH       alias by mount and name → entity
/// identity/group/ID                   the group, with its parents and its alias
/// identity/group-name/NAME            → group
/// identity/group-alias/ID             → group
/// identity/group-alias-key/MOUNT/HASH → group
/// identity/group-member/GROUP/ENTITY  index of the entities in a group
/// identity/group-child/GROUP/CHILD    index of the groups in a group
/// identity/group-deleting/GROUP       a deleted group whose members are still to be told
/// identity/oidc/…                     keys and roles of identity tokens
/// identity/mfa/…                      second proofs of logins
/// </code>
/// </summary>
internal sealed class IdentityRecords
{
    /// <summary>Largest entity or group, in bytes of JSON as stored: requests read them, and 32 of them fit into one commit.</summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>Most aliases of an entity, so that one commit can delete it with them.</summary>
    public const int MaxAliases = 24;

    /// <summary>Most memberships that a commit changes beside the rest of it.</summary>
    public const int GroupsOfCommit = 20;

    private readonly BarrierStore barrier;

    public IdentityRecords(BarrierStore barrier, NamespaceId ns)
    {
        this.barrier = barrier;
        Namespace = ns;
        var system = barrier.System(ns);
        Mounts = system.Folder(StoredMounts.Folder);
        var root = system.Folder("identity/");
        Entities = root.Folder("entity/");
        EntityNames = root.Folder("entity-name/");
        Aliases = root.Folder("alias/");
        AliasKeys = root.Folder("alias-key/");
        Groups = root.Folder("group/");
        GroupNames = root.Folder("group-name/");
        GroupAliases = root.Folder("group-alias/");
        GroupAliasKeys = root.Folder("group-alias-key/");
        AllMembers = root.Folder("group-member/");
        AllChildren = root.Folder("group-child/");
        Deleting = root.Folder("group-deleting/");
        Oidc = root.Folder("oidc/");
        Mfa = root.Folder("mfa/");
    }

    public NamespaceId Namespace { get; }

    /// <summary>The records of the mounts, by <see cref="MountRecord.IdOf"/>: one that is not there is gone for ever.</summary>
    public StorageView Mounts { get; }

    public StorageView Entities { get; }

    public StorageView EntityNames { get; }

    public StorageView Aliases { get; }

    public StorageView AliasKeys { get; }

    public StorageView Groups { get; }

    public StorageView GroupNames { get; }

    public StorageView GroupAliases { get; }

    public StorageView GroupAliasKeys { get; }

    public StorageView AllMembers { get; }

    public StorageView AllChildren { get; }

    public StorageView Deleting { get; }

    /// <summary>Keys and roles of identity tokens.</summary>
    public StorageView Oidc { get; }

    /// <summary>Second proofs of logins.</summary>
    public StorageView Mfa { get; }

    /// <summary>A new id.</summary>
    public static string NewId() => Guid.NewGuid().ToString();

    /// <summary>True for what <see cref="NewId"/> makes; nothing else is looked for.</summary>
    public static bool IsId(string? id) =>
        id is { Length: 36 } && Guid.TryParseExact(id, "D", out _) && !id.Any(char.IsAsciiLetterUpper);

    /// <summary>A failure when an entity is larger than <see cref="MaxBytes"/>.</summary>
    public static Failure? CheckSize(EntityRecord entity) =>
        CheckSize("entity", JsonSerializer.SerializeToUtf8Bytes(entity, IdentityJson.Entity).Length);

    /// <summary>The same for a group.</summary>
    public static Failure? CheckSize(GroupRecord group) => CheckSize("group", JsonSerializer.SerializeToUtf8Bytes(group, IdentityJson.Group).Length);

    /// <summary>The entities in a group.</summary>
    public StorageView MembersOf(string group) => AllMembers.Folder(group + "/");

    /// <summary>The groups in a group.</summary>
    public StorageView ChildrenOf(string group) => AllChildren.Folder(group + "/");

    /// <summary>Where an index has the alias of a mount.</summary>
    /// <param name="mount">The mount's id.</param>
    /// <param name="name">The alias's name, which <see cref="IdentityNames.CheckAlias"/> has nothing against.</param>
    public string KeyOf(ulong mount, string name) => KeyOf(MountRecord.IdOf(mount), name);

    /// <summary>The same, with the id as it is stored.</summary>
    public string KeyOf(string mount, string name)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        barrier.HashToken(Encoding.UTF8.GetBytes("identity/" + name), hash);
        return $"{mount}/{Convert.ToHexStringLower(hash)}";
    }

    public ValueTask<StoredRecord<EntityRecord>?> ReadEntityAsync(string id, CancellationToken cancellationToken) =>
        IsId(id) ? Entities.ReadRecordAsync(id, IdentityJson.Entity, cancellationToken) : default;

    public ValueTask<StoredRecord<GroupRecord>?> ReadGroupAsync(string id, CancellationToken cancellationToken) =>
        IsId(id) ? Groups.ReadRecordAsync(id, IdentityJson.Group, cancellationToken) : default;

    /// <summary>What an index leads to, or null.</summary>
    public static ValueTask<StoredRecord<IdentityPointer>?> ReadPointerAsync(StorageView index, string key, CancellationToken cancellationToken) =>
        index.ReadRecordAsync(key, IdentityJson.Pointer, cancellationToken);

    public Transaction Begin() => Entities.Begin();

    private static Failure? CheckSize(string what, int bytes) => bytes <= MaxBytes ? null : new Failure(
        FailureKind.TooLarge,
        "identity.too_large",
        $"the {what} would take {bytes} bytes, more than {MaxBytes}; give it fewer or shorter names, metadata, policies and memberships");
}

/// <summary>What one entry after another adds to a transaction.</summary>
internal static class IdentityTransactions
{
    /// <summary>Writes an entity that nobody else has written since <paramref name="revision"/> (0 for a new one).</summary>
    public static Transaction Put(this Transaction transaction, IdentityRecords records, EntityRecord entity, long revision) =>
        transaction.Require(records.Entities, entity.Id, revision).Put(records.Entities, entity.Id, entity, IdentityJson.Entity);

    /// <summary>The same with a group.</summary>
    public static Transaction Put(this Transaction transaction, IdentityRecords records, GroupRecord group, long revision) =>
        transaction.Require(records.Groups, group.Id, revision).Put(records.Groups, group.Id, group, IdentityJson.Group);

    /// <summary>Lets an index lead to a record.</summary>
    public static Transaction Point(this Transaction transaction, StorageView index, string key, string id) =>
        transaction.Put(index, key, new IdentityPointer(id), IdentityJson.Pointer);

    /// <summary>Lets a name lead to a record. The name must be free, or the record's already.</summary>
    public static Transaction PointName(this Transaction transaction, StorageView index, string name, string id, long revision)
    {
        var key = IdentityNames.KeyOf(name);
        return transaction.Require(index, key, revision).Put(index, key, new IdentityPointer(id) { Name = name }, IdentityJson.Pointer);
    }

    /// <summary>The same where nothing stands yet.</summary>
    public static Transaction PointNew(this Transaction transaction, StorageView index, string key, string id) =>
        transaction.Require(index, key, 0).Point(index, key, id);

    /// <summary>Notes in a group's index that an entity is in it.</summary>
    public static Transaction Note(this Transaction transaction, IdentityRecords records, Membership membership, string entity) =>
        transaction.Put(records.MembersOf(membership.Group), entity, new MemberNote(membership.Alias), IdentityJson.Note);
}
