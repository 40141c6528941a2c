using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Kist.Core.Identity.Stored;

/// <summary>Leads from a name, an alias or a key of one to the record that it belongs to.</summary>
/// <param name="Id">The entity's or group's id.</param>
internal sealed record IdentityPointer(string Id)
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Of a name, the name as it was given; null otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }
}

/// <summary>Notes in a group's index that an entity is in it.</summary>
/// <param name="Alias">As in <see cref="Membership"/>.</param>
internal sealed record MemberNote(string Alias)
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;
}

[JsonSerializable(typeof(EntityRecord))]
[JsonSerializable(typeof(GroupRecord))]
[JsonSerializable(typeof(IdentityPointer))]
[JsonSerializable(typeof(MemberNote))]
internal sealed partial class IdentityJson : JsonSerializerContext
{
    // Names of people are often not ASCII, and would take six bytes a letter.
    private static readonly IdentityJson Relaxed = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static JsonTypeInfo<EntityRecord> Entity => Relaxed.EntityRecord;

    public static JsonTypeInfo<GroupRecord> Group => Relaxed.GroupRecord;

    public static JsonTypeInfo<IdentityPointer> Pointer => Relaxed.IdentityPointer;

    public static JsonTypeInfo<MemberNote> Note => Relaxed.MemberNote;
}
