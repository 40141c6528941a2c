using Kist.Core.Barrier;

namespace Kist.Engines.Transit.Stored;

/// <summary>
/// One version of a key, stored as JSON. Remembered until other records take its place or this node destroys the version, after which it is wiped once no
/// request uses it; wiped at once when the server is sealed.
/// </summary>
internal sealed class VersionRecord : IHeavyRecord, IDisposable
{
    // The key in pinned memory three times over (its own, the cipher's, the deriver's), a slot a processor for ciphers, and the library's expanded keys.
    private const int KeyWeight = 4096;

    /// <inheritdoc/>
    int IHeavyRecord.HeldBytes => KeyWeight;

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
