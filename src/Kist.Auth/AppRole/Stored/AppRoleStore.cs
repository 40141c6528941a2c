using System.Globalization;
using System.Text;
using Kist.Core.Barrier;

namespace Kist.Auth.AppRole.Stored;

/// <summary>
/// Where things lie in the mount's storage, and which entries change together. Secret ids and role ids stand in no key: their keyed hashes do.
/// <code>
/// role/NAME              a role
/// role-id/HASH           role id → name of the role
/// secret/ROLE/HASH       a secret id; ROLE is the role's random id
/// accessor/ROLE/ID       accessor → secret id
/// due/TIME/ROLE/HASH     secret ids by the time of their end, in order
/// gone/ROLE              a deleted role whose secret ids are still to go
/// </code>
/// A secret id is made and used only under the condition that its role is as it was, so there are none of a role that is gone but those that it left.
/// </summary>
internal static class AppRoleStore
{
    /// <summary>Most entries that <see cref="Remove"/> changes.</summary>
    public const int ChangesOfRemove = 3;

    /// <summary>The folder of the roles, which lists their names.</summary>
    public const string Roles = "role/";

    /// <summary>The folder of secret ids by the time of their end.</summary>
    public const string Due = "due/";

    /// <summary>The folder of deleted roles.</summary>
    public const string Gone = "gone/";

    /// <summary>The folder of all secret ids.</summary>
    public const string SecretIds = "secret/";

    /// <summary>The folder of all accessors.</summary>
    public const string Accessors = "accessor/";

    private const string RoleIds = "role-id/";
    private const int KnownSchema = 1;
    private const int TimeDigits = 16;

    /// <summary>The path of a role.</summary>
    public static string RolePath(string name) => Roles + name;

    /// <summary>The path that leads from a role id to its role.</summary>
    public static string RoleIdPath(StorageView storage, ReadOnlySpan<byte> roleId) => RoleIds + storage.Folder(RoleIds).Hash(roleId);

    /// <summary>The path that leads from a role id to its role.</summary>
    public static string RoleIdPath(StorageView storage, string roleId) => RoleIdPath(storage, Encoding.UTF8.GetBytes(roleId));

    /// <summary>The folder of the secret ids of a role.</summary>
    public static string SecretIdsOf(string roleId) => $"{SecretIds}{roleId}/";

    /// <summary>The folder of the accessors of a role.</summary>
    public static string AccessorsOf(string roleId) => $"{Accessors}{roleId}/";

    /// <summary>Keyed hash of a secret id of a role: equal ones of two roles have other hashes.</summary>
    public static string HashSecretId(StorageView storage, RoleRecord role, ReadOnlySpan<byte> secretId) =>
        storage.Folder(SecretIdsOf(role.Id)).Hash(secretId);

    /// <summary>Where it stands that a secret id ends, below <see cref="Due"/>: ticks in hex, so that byte order is time order.</summary>
    public static string DuePath(DateTimeOffset due, string roleId, string hash) =>
        $"{due.UtcTicks.ToString("x16", CultureInfo.InvariantCulture)}/{roleId}/{hash}";

    /// <summary>Reads back what <see cref="DuePath"/> wrote.</summary>
    public static (DateTimeOffset Due, string RoleId, string Hash) ParseDuePath(string path)
    {
        var ticks = long.Parse(path.AsSpan(0, TimeDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var slash = path.LastIndexOf('/');
        return (new DateTimeOffset(ticks, TimeSpan.Zero), path[(TimeDigits + 1)..slash], path[(slash + 1)..]);
    }

    /// <summary>A role; null when there is none of that name.</summary>
    public static async ValueTask<StoredRecord<RoleRecord>?> ReadRoleAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(RolePath(name), AppRoleStoredJson.Default.RoleRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>What a role id leads to; null when it is none.</summary>
    public static async ValueTask<StoredRecord<RoleIdRecord>?> ReadRoleIdAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(path, AppRoleStoredJson.Default.RoleIdRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>A secret id, alive or not; null when there is none of that hash.</summary>
    public static async ValueTask<StoredRecord<SecretIdRecord>?> ReadSecretIdAsync(
        StorageView storage, string roleId, string hash, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(SecretIdsOf(roleId) + hash, AppRoleStoredJson.Default.SecretIdRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>The hash of the secret id that an accessor leads to; null when it leads to none.</summary>
    public static async ValueTask<string?> ReadAccessorAsync(StorageView storage, string roleId, string accessor, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(accessor, "D", out _))
            return null;
        var path = AccessorsOf(roleId) + accessor;
        if (await storage.ReadRecordAsync(path, AppRoleStoredJson.Default.AccessorRecord, cancellationToken) is not { Record: var found })
            return null;
        RequireKnown(found.Schema);
        return found.SecretId;
    }

    /// <summary>Commits only when a role is still as it was read: then what was decided by it holds.</summary>
    public static Transaction Confirm(StorageView storage, string name, long revision) => storage.Begin().Require(storage, RolePath(name), revision);

    /// <summary>Adds a new secret id with what leads to it.</summary>
    public static Transaction Add(Transaction change, StorageView storage, string roleId, string hash, SecretIdRecord secretId)
    {
        change.Put(storage, SecretIdsOf(roleId) + hash, secretId, AppRoleStoredJson.Default.SecretIdRecord);
        AddAccessor(change, storage, roleId, hash, secretId);
        return secretId.ExpiresAt is { } due ? change.Put(storage, Due + DuePath(due, roleId, hash), ReadOnlyMemory<byte>.Empty) : change;
    }

    /// <summary>Leads from the accessor of a secret id to it.</summary>
    public static Transaction AddAccessor(Transaction change, StorageView storage, string roleId, string hash, SecretIdRecord secretId) => change.Put(
        storage, AccessorsOf(roleId) + secretId.Accessor, new AccessorRecord { SecretId = hash }, AppRoleStoredJson.Default.AccessorRecord);

    /// <summary>Deletes a secret id that nobody has changed meanwhile, with what leads to it.</summary>
    public static Transaction Remove(Transaction change, StorageView storage, string roleId, string hash, StoredRecord<SecretIdRecord> secretId)
    {
        change.Require(storage, SecretIdsOf(roleId) + hash, secretId.Revision)
            .Delete(storage, SecretIdsOf(roleId) + hash)
            .Delete(storage, AccessorsOf(roleId) + secretId.Record.Accessor);
        return secretId.Record.ExpiresAt is { } due ? change.Delete(storage, Due + DuePath(due, roleId, hash)) : change;
    }

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored approle record has schema {schema}, and this program knows only {KnownSchema}");
    }
}
