namespace Kist.Client.Run.Manifest;

/// <summary>How a secrets file is read.</summary>
public sealed record ManifestOptions
{
    /// <summary>The section to take, or null for a file without sections.</summary>
    public string? Section { get; init; }

    /// <summary>The variables of the file.</summary>
    public Substitutions Substitutions { get; init; } = Substitutions.None;

    /// <summary>Whether what Summon lets pass passes: unknown words in tags, and sections where none was asked for.</summary>
    public bool LikeSummon { get; init; }
}
