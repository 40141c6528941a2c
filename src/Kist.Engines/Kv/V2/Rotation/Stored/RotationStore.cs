using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Crypto;

namespace Kist.Engines.Kv.V2.Rotation.Stored;

/// <summary>
/// Where rotation lies in the mount's storage: the rule and its state at <c>r/path</c>, the values under way at <c>p/path</c>, and what is to be
/// looked at, by time, at <c>d/seconds/path</c>.
/// </summary>
internal static class RotationStore
{
    /// <summary>The folder of the rules, which lists them.</summary>
    public const string Rules = "r/";

    /// <summary>The folder of what is due.</summary>
    public const string Due = "d/";

    private const string Pending = "p/";
    private const int KnownSchema = 1;
    private const int SecondsDigits = 12;

    /// <summary>The key of a rule.</summary>
    public static string RuleKey(string path) => Rules + path;

    /// <summary>The key of the values under way.</summary>
    public static string PendingKey(string path) => Pending + path;

    /// <summary>A path in <see cref="Due"/>.</summary>
    public static string DuePath(DateTimeOffset due, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{due.ToUnixTimeSeconds():D12}/{path}");

    /// <summary>Reads back what <see cref="DuePath"/> wrote.</summary>
    public static (DateTimeOffset Due, string Path) ParseDuePath(string path) =>
        (DateTimeOffset.FromUnixTimeSeconds(long.Parse(path.AsSpan(0, SecondsDigits), NumberStyles.None, CultureInfo.InvariantCulture)),
            path[(SecondsDigits + 1)..]);

    /// <summary>A rule; null when the path has none.</summary>
    public static async ValueTask<StoredRecord<RotationRecord>?> ReadAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        var stored = await storage.ReadRecordAsync(RuleKey(path), RotationJson.Default.RotationRecord, cancellationToken);
        if (stored is { } found)
            RequireKnown(found.Record.Schema);
        return stored;
    }

    /// <summary>The values under way, and the revision that wrote them; null when there are none.</summary>
    public static async ValueTask<PendingRecord?> ReadPendingAsync(StorageView storage, string path, CancellationToken cancellationToken)
    {
        if (await storage.ReadAsync(PendingKey(path), cancellationToken) is not { } stored)
            return null;
        var pending = JsonSerializer.Deserialize(stored.Value.Span, RotationJson.Default.PendingRecord)!;
        RequireKnown(pending.Schema);
        return pending;
    }

    /// <summary>Puts a rule in the place of what is there, and moves its mark among what is due; null deletes it with its values.</summary>
    public static Transaction Replace(
        Transaction change, StorageView storage, string path, StoredRecord<RotationRecord>? was, RotationRecord? next)
    {
        change.Require(storage, RuleKey(path), was?.Revision ?? 0);
        if (next is null)
            change.Delete(storage, RuleKey(path)).Delete(storage, PendingKey(path));
        else
            change.Put(storage, RuleKey(path), next, RotationJson.Default.RotationRecord);
        var (before, after) = (Mark(was?.Record.Due, path), Mark(next?.Due, path));
        if (before is not null && before != after)
            change.Delete(storage, before);
        if (after is not null)
            change.Put(storage, after, ReadOnlyMemory<byte>.Empty);
        return change;
    }

    private static string? Mark(DateTimeOffset? due, string path) => due is { } time ? Due + DuePath(time, path) : null;

    private static void RequireKnown(int schema)
    {
        if (schema != KnownSchema)
            throw new InvalidDataException($"a stored rotation has schema {schema}, and this program knows only {KnownSchema}");
    }
}

/// <summary>The stored records' JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true, Converters = [typeof(StoredValueConverter)])]
[JsonSerializable(typeof(RotationRecord))]
[JsonSerializable(typeof(PendingRecord))]
internal sealed partial class RotationJson : JsonSerializerContext;

/// <summary>A secret in a stored record, which the barrier encrypts. Everywhere else a secret writes itself as redacted.</summary>
internal sealed class StoredValueConverter : JsonConverter<SecretText>
{
    public override SecretText Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? "");

    public override void Write(Utf8JsonWriter writer, SecretText value, JsonSerializerOptions options) => writer.WriteStringValue(value.Utf8);
}
