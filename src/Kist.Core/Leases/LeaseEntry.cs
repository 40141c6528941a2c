using System.Text.Json.Serialization;
using Kist.Core.Leases.Quotas;

namespace Kist.Core.Leases;

/// <summary>A lease as stored, with what it takes to revoke it. Its id names the entry.</summary>
internal sealed record LeaseEntry
{
    /// <summary>Most characters of <see cref="LastError"/>.</summary>
    public const int MaxErrorLength = 500;

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Id of the mount that issued it.</summary>
    public ulong Mount { get; init; }

    /// <summary>See <see cref="LeasePlan.Target"/>.</summary>
    public string Target { get; init; } = "";

    /// <summary>See <see cref="LeasePlan.Data"/>.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>Hash of the token that it ends with; empty when it ends with none.</summary>
    public string TokenHash { get; init; } = "";

    /// <summary>When it was issued.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>When it ends.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When it is to be revoked: its place in the index by time.</summary>
    public DateTimeOffset DueAt { get; init; }

    /// <summary>No renewal reaches beyond this: the end of a batch token, which nobody can revoke. Null without such an end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsBy { get; init; }

    /// <summary>When it was last renewed, or null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? LastRenewal { get; init; }

    /// <summary>The TTL that it was issued with.</summary>
    public TimeSpan CreationTtl { get; init; }

    /// <summary>True when it can be renewed.</summary>
    public bool Renewable { get; init; }

    /// <summary>False while its secret is being made, and when it is not known whether it was.</summary>
    public bool Confirmed { get; init; }

    /// <summary>It is to end before its time: it cannot be renewed or confirmed any more.</summary>
    public bool Ending { get; init; }

    /// <summary>How often its revocation was refused.</summary>
    public int Refusals { get; init; }

    /// <summary>It was refused too often, and is not tried again by itself.</summary>
    public bool Irrevocable { get; init; }

    /// <summary>Why it could not be revoked the last time, or empty.</summary>
    public string LastError { get; init; } = "";

    /// <summary>True while a request may be making its secret.</summary>
    public bool IsBeingMade(DateTimeOffset now) => !Confirmed && now < DueAt;
}

/// <summary>A lease that was looked up.</summary>
/// <param name="Id">The lease id.</param>
/// <param name="Entry">The entry; shared, never changed.</param>
/// <param name="Revision">Revision of the entry.</param>
internal readonly record struct StoredLease(string Id, LeaseEntry Entry, long Revision)
{
    /// <summary>What its engine sees.</summary>
    public IssuedLease Issued => new(Id, Entry.Data, Entry.ExpiresAt, Entry.Confirmed);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LeaseEntry))]
[JsonSerializable(typeof(LeaseSweep))]
[JsonSerializable(typeof(LeaseQuotaTable))]
internal sealed partial class LeaseJson : JsonSerializerContext;
