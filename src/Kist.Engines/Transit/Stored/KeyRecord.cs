namespace Kist.Engines.Transit.Stored;

/// <summary>What a key's versions share, stored as JSON. It holds no key: the bytes of a version are written once, in an entry of its own, and never again.</summary>
internal sealed record KeyRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>
    /// Random. The versions lie under it, not under the name: one who has an old view of a key that was deleted and made anew never takes a version of the one
    /// for a version of the other.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The type's name.</summary>
    public required string Type { get; init; }

    /// <summary>Every use derives a key of its own from the version and the request's context.</summary>
    public bool Derived { get; init; }

    /// <summary>The nonce is derived from the plaintext, so that equal plaintexts in equal contexts give equal ciphertexts.</summary>
    public bool Convergent { get; init; }

    /// <summary>Who may can read the key itself. Never unset.</summary>
    public bool Exportable { get; init; }

    /// <summary>A backup in clear is allowed. Never unset.</summary>
    public bool AllowPlaintextBackup { get; init; }

    /// <summary>The key may be deleted.</summary>
    public bool DeletionAllowed { get; init; }

    /// <summary>The version that encrypts.</summary>
    public int Latest { get; init; } = 1;

    /// <summary>The first version that was not trimmed away; 0 until some were.</summary>
    public int MinAvailable { get; init; }

    /// <summary>The first version that decrypts.</summary>
    public int MinDecryption { get; init; } = 1;

    /// <summary>The first version that encrypts when it is asked for; 0 for any that decrypts.</summary>
    public int MinEncryption { get; init; }

    /// <summary>When the latest version was made.</summary>
    public DateTimeOffset Rotated { get; init; }

    /// <summary>Age of the latest version at which a new one is made; zero for never.</summary>
    public TimeSpan AutoRotatePeriod { get; init; }

    /// <summary>The first version that may have an entry.</summary>
    public int First => Math.Max(MinAvailable, 1);

    /// <summary>When a new version is due; null for never.</summary>
    public DateTimeOffset? Due => AutoRotatePeriod > TimeSpan.Zero ? Rotated + AutoRotatePeriod : null;
}
