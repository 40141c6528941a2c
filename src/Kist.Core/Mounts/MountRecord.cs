using System.Globalization;
using System.Text.Json.Serialization;

namespace Kist.Core.Mounts;

/// <summary>A mount as stored, one entry each under <c>mount/</c>.</summary>
internal sealed record MountRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    public required string Id { get; init; }

    public required string Path { get; init; }

    public required MountKind Kind { get; init; }

    public required string Type { get; init; }

    public required string Accessor { get; init; }

    public required string Uuid { get; init; }

    public string Description { get; init; } = "";

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public MountConfig Config { get; init; } = new();

    public bool Removing { get; init; }

    public bool BuiltIn { get; init; }

    [JsonIgnore]
    public ulong MountId => ulong.Parse(Id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    public Mount ToMount(MountType type) => new()
    {
        Id = MountId,
        Path = Path,
        Kind = Kind,
        Type = type,
        TypeName = Type,
        Accessor = Accessor,
        Uuid = Uuid,
        Description = Description,
        Options = Options,
        Config = Config,
        Removing = Removing,
        BuiltIn = BuiltIn,
    };
}

/// <summary>Touched by every change of the mount table: its revision tells nodes that their snapshot is old, and serialises changes.</summary>
internal sealed record MountStamp(int Schema, long Changes);

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(MountRecord))]
[JsonSerializable(typeof(MountStamp))]
internal sealed partial class MountJson : JsonSerializerContext;
