using System.Runtime.CompilerServices;
using Kist.Auth.Cert.Revocation;

namespace Kist.Auth.Cert.Stored;

/// <summary>A revocation list.</summary>
internal sealed record CrlRecord
{
    private static readonly ConditionalWeakTable<CrlRecord, Crl> Parsed = [];

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The list, DER.</summary>
    public required byte[] Der { get; init; }

    /// <summary>Where it was fetched; empty for one that was given.</summary>
    public string Url { get; init; } = "";

    /// <summary>When it is fetched again; null for one that was given.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The list, read once as long as the record is remembered.</summary>
    public Crl List() => Parsed.GetValue(this, static r => Crl.Parse(r.Der).Value);
}

/// <summary>Settings of the method.</summary>
internal sealed record ConfigRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>A renewal does not ask for the certificate of the login.</summary>
    public bool DisableBinding { get; init; }

    /// <summary>What the login says of the certificate is kept with the alias.</summary>
    public bool EnableIdentityAliasMetadata { get; init; }

    /// <summary>Most answers of OCSP servers that a node remembers.</summary>
    public int OcspCacheSize { get; init; } = 100;
}
