namespace Kist.Core.Pipeline;

/// <summary>What a request does at its path. Each has a capability of the same name.</summary>
public enum Operation
{
    /// <summary>Writes where nothing stands. A dialect sends <see cref="Update"/>; the pipeline refines it by the route's existence check.</summary>
    Create,

    /// <summary>Reads.</summary>
    Read,

    /// <summary>Writes where something stands, or acts.</summary>
    Update,

    /// <summary>Merges into what stands (RFC 7396).</summary>
    Patch,

    /// <summary>Deletes.</summary>
    Delete,

    /// <summary>Lists direct children.</summary>
    List,

    /// <summary>Lists all descendants.</summary>
    Scan,
}
