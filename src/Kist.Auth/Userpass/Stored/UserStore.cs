using System.Text;
using Kist.Core.Barrier;

namespace Kist.Auth.Userpass.Stored;

/// <summary>
/// Where things lie in the mount's storage: a user at <c>user/name</c>, his failed logins at <c>failed/name</c>. Those of names that no user has are
/// counted too, so that they cost the same, at <c>stray/slot</c>: a fixed number of entries, whatever names strangers try.
/// </summary>
internal static class UserStore
{
    /// <summary>The folder of the users, which lists the names.</summary>
    public const string Users = "user/";

    /// <summary>The folder of failed logins.</summary>
    public const string Failed = "failed/";

    private const int KnownSchema = 1;
    private const int SlotDigits = 2;

    /// <summary>The path of a user.</summary>
    public static string UserPath(string name) => Users + name;

    /// <summary>The path of a user's failed logins.</summary>
    public static string FailedPath(string name) => Failed + name;

    /// <summary>Where failed logins of a name that no user has are counted, with those of others.</summary>
    public static string StrayPath(StorageView storage, string name) =>
        "stray/" + storage.Hash(Encoding.UTF8.GetBytes(name))[..SlotDigits];

    /// <summary>A user; null when there is none of that name.</summary>
    public static async ValueTask<StoredRecord<UserRecord>?> ReadUserAsync(StorageView storage, string name, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(UserPath(name), UserpassStoredJson.Default.UserRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>Failed logins at a path; revision 0 and none when there is no entry.</summary>
    public static async ValueTask<StoredRecord<FailureRecord>> ReadFailuresAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(path, UserpassStoredJson.Default.FailureRecord, cancellationToken)
            ?? new StoredRecord<FailureRecord>(new FailureRecord(), 0);
        RequireKnown(stored.Record.Schema);
        return stored;
    }

    /// <summary>The transaction that puts a user in the place of <paramref name="was"/>, or of nobody.</summary>
    public static Transaction Replace(StorageView storage, string name, StoredRecord<UserRecord>? was, UserRecord next) =>
        storage.Begin()
            .Require(storage, UserPath(name), was?.Revision ?? 0)
            .Put(storage, UserPath(name), next, UserpassStoredJson.Default.UserRecord);

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored userpass record has schema {schema}, and this program knows only {KnownSchema}");
    }
}
