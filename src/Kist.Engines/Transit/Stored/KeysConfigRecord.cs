namespace Kist.Engines.Transit.Stored;

/// <summary>Settings for all keys of the mount. Stored as JSON.</summary>
internal sealed record KeysConfigRecord
{
    /// <summary>Before anything was set.</summary>
    public static KeysConfigRecord Default { get; } = new();

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Encryption never makes a key.</summary>
    public bool DisableUpsert { get; init; }
}
