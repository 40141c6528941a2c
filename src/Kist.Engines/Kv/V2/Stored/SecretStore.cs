using System.Text.Json;
using Kist.Core.Barrier;

namespace Kist.Engines.Kv.V2.Stored;

/// <summary>
/// Where things lie in the mount's storage: settings at <c>config</c>, the head of a secret at <c>h/path</c>, its versions at
/// <c>v/path NUL number</c>. A path holds no NUL, so the versions of <c>a</c> and of <c>a/b</c> never mix, and sixteen digits keep them in order.
/// </summary>
internal static class SecretStore
{
    /// <summary>The folder of the heads, which lists the secrets.</summary>
    public const string Heads = "h/";

    /// <summary>The settings' key.</summary>
    public const string Config = "config";

    private const string Versions = "v/";
    private const int KnownSchema = 1;

    /// <summary>The secret that an entry is of; null when it is of none.</summary>
    public static string? PathOf(string key)
    {
        if (key.StartsWith(Heads, StringComparison.Ordinal))
            return key[Heads.Length..];
        return key.StartsWith(Versions, StringComparison.Ordinal) && key.IndexOf('\0', StringComparison.Ordinal) is > 0 and var end
            ? key[Versions.Length..end]
            : null;
    }

    /// <summary>The key of a secret's head.</summary>
    public static string HeadKey(string path) => Heads + path;

    /// <summary>The key of a version.</summary>
    public static string VersionKey(string path, long version) => $"{Versions}{path}\0{version:D16}";

    /// <summary>The mount's settings; revision 0 and the defaults when none were written.</summary>
    public static async ValueTask<StoredRecord<ConfigRecord>> ReadConfigAsync(StorageView storage, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(Config, StoredJson.Default.ConfigRecord, cancellationToken)
            ?? new StoredRecord<ConfigRecord>(ConfigRecord.Default, 0);
        RequireKnown(stored.Record.Schema);
        return stored;
    }

    /// <summary>A secret's head; revision 0 and <see cref="HeadRecord.Absent"/> when it does not exist.</summary>
    public static async ValueTask<StoredRecord<HeadRecord>> ReadHeadAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(HeadKey(path), StoredJson.Default.HeadRecord, cancellationToken)
            ?? new StoredRecord<HeadRecord>(HeadRecord.Absent, 0);
        RequireKnown(stored.Record.Schema);
        return stored;
    }

    /// <summary>A head that was read with other entries from one snapshot.</summary>
    public static StoredRecord<HeadRecord> ParseHead(StoredValue? stored)
    {
        if (stored is not { } value)
            return new StoredRecord<HeadRecord>(HeadRecord.Absent, 0);
        var head = JsonSerializer.Deserialize(value.Value.Span, StoredJson.Default.HeadRecord)!;
        RequireKnown(head.Schema);
        return new StoredRecord<HeadRecord>(head, value.Revision);
    }

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored kv record has schema {schema}, and this program knows only {KnownSchema}");
    }
}
