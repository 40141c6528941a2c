namespace Kist.Engines.Transit.Stored;

/// <summary>One version of a key, stored as JSON. Remembered while the server is unsealed, and wiped when it is sealed.</summary>
internal sealed class VersionRecord : IDisposable
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>The key.</summary>
    public required KeyMaterial Key { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Key.Dispose();
}

/// <summary>A stored version without its key, for those who want to know its age.</summary>
internal sealed record VersionAge
{
    /// <summary>Version of the record's layout.</summary>
    public int Schema { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }
}
