namespace Kist.Wire.Kubernetes;

/// <summary>Which changes to watch.</summary>
/// <param name="Resource">The type of the objects.</param>
/// <param name="ResourceVersion">The state after which the changes begin: a list's.</param>
public sealed record KubeWatchQuery(KubeResource Resource, string ResourceVersion)
{
    /// <summary>Objects of one namespace; null for all.</summary>
    public string? Namespace { get; init; }

    /// <summary>Objects with these labels; null for all.</summary>
    public string? LabelSelector { get; init; }

    /// <summary>Objects with these fields; null for all.</summary>
    public string? FieldSelector { get; init; }

    /// <summary>After how long the server ends one connection; the watch then goes on with the next.</summary>
    public TimeSpan ConnectionLifetime { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>What happened.</summary>
public enum KubeChange
{
    /// <summary>An object was made, or now fits the selectors.</summary>
    Added,

    /// <summary>An object was changed.</summary>
    Modified,

    /// <summary>An object was deleted, or no longer fits the selectors.</summary>
    Deleted,

    /// <summary>Nothing: all changes up to the object's resource version have been sent.</summary>
    Bookmark,
}

/// <summary>A change.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Object">The object as it is now; a deleted one as it was last.</param>
public sealed record KubeWatchEvent(KubeChange Change, KubeObject Object);
