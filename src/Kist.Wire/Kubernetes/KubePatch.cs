namespace Kist.Wire.Kubernetes;

/// <summary>How a patch is written.</summary>
public enum KubePatchKind
{
    /// <summary>RFC 7386: fields to set, null to remove.</summary>
    Merge,

    /// <summary>As <see cref="Merge"/>, with lists merged by their elements' keys; built-in types alone.</summary>
    Strategic,

    /// <summary>RFC 6902: a list of operations.</summary>
    Json,

    /// <summary>Server-side apply: the fields that the caller manages.</summary>
    Apply,
}

/// <summary>A change of some fields of an object.</summary>
/// <param name="Kind">How it is written.</param>
/// <param name="Json">The patch.</param>
public sealed record KubePatch(KubePatchKind Kind, ReadOnlyMemory<byte> Json)
{
    /// <summary>Under which name the fields are managed; required by <see cref="KubePatchKind.Apply"/>.</summary>
    public string? FieldManager { get; init; }

    /// <summary>With <see cref="KubePatchKind.Apply"/>: takes over what others manage.</summary>
    public bool Force { get; init; }

    internal string ContentType => Kind switch
    {
        KubePatchKind.Merge => "application/merge-patch+json",
        KubePatchKind.Strategic => "application/strategic-merge-patch+json",
        KubePatchKind.Json => "application/json-patch+json",
        KubePatchKind.Apply => "application/apply-patch+yaml",
        _ => throw new InvalidOperationException($"{Kind} is no kind of patch"),
    };
}
