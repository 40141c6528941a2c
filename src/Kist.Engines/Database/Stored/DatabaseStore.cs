using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Barrier;

namespace Kist.Engines.Database.Stored;

/// <summary>
/// Where things lie in the mount's storage: connections at <c>config/name</c>, roles at <c>role/name</c>, static roles at <c>static/name</c>, and for each
/// static role an empty entry at <c>due/time/name</c>. Twelve digits keep the times in order.
/// </summary>
internal static class DatabaseStore
{
    /// <summary>The folder of connections.</summary>
    public const string Connections = "config/";

    /// <summary>The folder of roles.</summary>
    public const string Roles = "role/";

    /// <summary>The folder of static roles.</summary>
    public const string StaticRoles = "static/";

    /// <summary>The folder of what is to be rotated, by time.</summary>
    public const string Due = "due/";

    private const int KnownSchema = 1;

    /// <summary>A connection; null when there is none of that name.</summary>
    public static ValueTask<StoredRecord<ConnectionRecord>?> ReadConnectionAsync(StorageView storage, string name, CancellationToken cancellationToken) =>
        ReadAsync(storage, Connections + name, DatabaseStoredJson.Default.ConnectionRecord, r => r.Schema, cancellationToken);

    /// <summary>A role; null when there is none of that name.</summary>
    public static ValueTask<StoredRecord<RoleRecord>?> ReadRoleAsync(StorageView storage, string name, CancellationToken cancellationToken) =>
        ReadAsync(storage, Roles + name, DatabaseStoredJson.Default.RoleRecord, r => r.Schema, cancellationToken);

    /// <summary>A static role; null when there is none of that name.</summary>
    public static ValueTask<StoredRecord<StaticRoleRecord>?> ReadStaticRoleAsync(StorageView storage, string name, CancellationToken cancellationToken) =>
        ReadAsync(storage, StaticRoles + name, DatabaseStoredJson.Default.StaticRoleRecord, r => r.Schema, cancellationToken);

    /// <summary>Where it stands that a static role is due, below <see cref="Due"/>: whole seconds since 1970, then the name.</summary>
    public static string DuePath(DateTimeOffset due, string name) => string.Create(CultureInfo.InvariantCulture, $"{due.ToUnixTimeSeconds():D12}/{name}");

    /// <summary>Reads back what <see cref="DuePath"/> wrote.</summary>
    public static (DateTimeOffset Due, string Name) ParseDuePath(string path) =>
        (DateTimeOffset.FromUnixTimeSeconds(long.Parse(path.AsSpan(0, 12), NumberStyles.None, CultureInfo.InvariantCulture)), path[13..]);

    /// <summary>
    /// The transaction that puts <paramref name="next"/> in the place of <paramref name="was"/>, either of which may be nothing, and keeps the list of what is
    /// due in step.
    /// </summary>
    public static Transaction Replace(StorageView storage, string name, StoredRecord<StaticRoleRecord>? was, StaticRoleRecord? next)
    {
        var path = StaticRoles + name;
        var change = storage.Begin().Require(storage, path, was?.Revision ?? 0);
        _ = next is null ? change.Delete(storage, path) : change.Put(storage, path, next, DatabaseStoredJson.Default.StaticRoleRecord);
        var (before, after) = (was is { } old ? DuePath(old.Record.Due, name) : null, next is null ? null : DuePath(next.Due, name));
        if (before == after)
            return change;
        if (before is not null)
            change.Delete(storage, Due + before);
        if (after is not null)
            change.Put(storage, Due + after, ReadOnlyMemory<byte>.Empty);
        return change;
    }

    /// <summary>The transaction that puts a connection in the place of another one, or of none.</summary>
    public static Transaction Replace(StorageView storage, string name, long revision, ConnectionRecord next) =>
        storage.Begin().Require(storage, Connections + name, revision).Put(storage, Connections + name, next, DatabaseStoredJson.Default.ConnectionRecord);

    private static async ValueTask<StoredRecord<T>?> ReadAsync<T>(
        StorageView storage, string path, JsonTypeInfo<T> type, Func<T, int> schema, CancellationToken cancellationToken)
        where T : class
    {
        var stored = await storage.ReadRecordAsync(path, type, cancellationToken);
        return stored is not { } found || schema(found.Record) == KnownSchema
            ? stored
            : throw new InvalidDataException($"a stored record of the database engine has schema {schema(found.Record)}, which this program lacks");
    }
}
