using System.Globalization;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;

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

    public MountState State { get; init; }

    /// <summary>How the state was stored when there were two; kept, so that either program reads the other's records.</summary>
    public bool Removing
    {
        get => State == MountState.Removing;
        init => State = value ? MountState.Removing : State;
    }

    public bool BuiltIn { get; init; }

    [JsonIgnore]
    public ulong MountId => ulong.Parse(Id, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    public static MountRecord Of(Mount mount) => new()
    {
        Id = IdOf(mount.Id),
        Path = mount.Path,
        Kind = mount.Kind,
        Type = mount.TypeName,
        Accessor = mount.Accessor,
        Uuid = mount.Uuid,
        Description = mount.Description,
        Options = mount.Options,
        Config = mount.Config,
        State = mount.State,
        BuiltIn = mount.BuiltIn,
    };

    public static string IdOf(ulong id) => id.ToString("x16", null);

    /// <param name="type">The engine or method.</param>
    /// <param name="guard">What commits to the mount's data require; null for a built-in mount.</param>
    public Mount ToMount(MountType type, ViewGuard? guard) => new()
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
        State = State,
        BuiltIn = BuiltIn,
        Guard = guard,
    };
}

/// <summary>Touched by every change of the mount table: its revision tells nodes that their snapshot is old, and serialises changes.</summary>
internal sealed record MountStamp(int Schema, long Changes);

/// <summary>
/// A mount's epoch, one entry each under <c>mount-epoch/</c> for as long as the mount lives. It is written when the mount's state changes and says
/// nothing but its revision, which all commits to the mount's data require (<see cref="Mount.Guard"/>).
/// </summary>
internal sealed record MountEpoch(int Schema);

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(MountRecord))]
[JsonSerializable(typeof(MountStamp))]
[JsonSerializable(typeof(MountEpoch))]
internal sealed partial class MountJson : JsonSerializerContext;
