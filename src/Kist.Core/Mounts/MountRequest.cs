namespace Kist.Core.Mounts;

/// <summary>What a new mount shall be.</summary>
public sealed record MountRequest
{
    /// <summary>The engine or method.</summary>
    public string Type { get; init; } = "";

    /// <summary>For people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Options of the engine (<c>version=2</c>).</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Settings.</summary>
    public MountConfig Config { get; init; } = new();
}

/// <summary>A mount as a change left it, and the revision of the commit that did.</summary>
public sealed record MountChange(Mount Mount, long Revision);

/// <summary>What tuning leaves a mount with.</summary>
public sealed record MountTuning(string Description, IReadOnlyDictionary<string, string> Options, MountConfig Config);
