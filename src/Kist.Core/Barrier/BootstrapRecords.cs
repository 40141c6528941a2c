using System.Text.Json.Serialization;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>The record <c>state</c>, in clear. Every commit requires the revision it was read at.</summary>
internal sealed record StateRecord
{
    public int Schema { get; init; } = 1;

    /// <summary>The generation that holds the data.</summary>
    public uint Generation { get; init; } = KeyLayout.FirstGeneration;

    /// <summary>Raised to seal every node that was unsealed before.</summary>
    public ulong SealMark { get; init; }
}

/// <summary>The record <c>keyring</c>, encrypted under the root key.</summary>
internal sealed record KeyringRecord
{
    public int Schema { get; init; } = 1;

    /// <summary>Keys in ascending order of terms; the last one encrypts.</summary>
    public required IReadOnlyList<TermRecord> Terms { get; init; }

    /// <summary>Encryptions under the last term that nodes have reserved; never less than were made.</summary>
    public long Encryptions { get; init; }

    /// <summary>Hashes token ids; never replaced, because the hashes name stored entries.</summary>
    public required StoredKey TokenHashKey { get; init; }

    /// <summary>When a new term starts by itself.</summary>
    public RotationRecord Rotation { get; init; } = new();

    /// <summary>With random keys.</summary>
    public static KeyringRecord New(TimeProvider time) =>
        new() { Terms = [TermRecord.New(1, time)], TokenHashKey = StoredKey.New() };

    /// <summary>All keys in the record.</summary>
    [JsonIgnore]
    public IEnumerable<SecretBytes> Secrets => Terms.Select(term => term.Key.Bytes).Append(TokenHashKey.Bytes);
}

/// <summary>A key of the keyring.</summary>
internal sealed record TermRecord
{
    /// <summary>From 1, without gaps.</summary>
    public required uint Term { get; init; }

    /// <summary>AES-256.</summary>
    public required StoredKey Key { get; init; }

    /// <summary>When the term started.</summary>
    public required DateTimeOffset InstalledAt { get; init; }

    /// <summary>With a random key.</summary>
    public static TermRecord New(uint term, TimeProvider time) => new() { Term = term, Key = StoredKey.New(), InstalledAt = time.GetUtcNow() };
}

/// <summary><see cref="RotationConfig"/> as stored.</summary>
internal sealed record RotationRecord
{
    public long MaxOperations { get; init; } = RotationConfig.MostOperations;

    public long IntervalSeconds { get; init; }

    public bool Enabled { get; init; } = true;

    public static RotationRecord From(RotationConfig config) =>
        new() { MaxOperations = config.MaxOperations, IntervalSeconds = (long)config.Interval.TotalSeconds, Enabled = config.Enabled };

    public RotationConfig ToConfig() =>
        new() { MaxOperations = MaxOperations, Interval = TimeSpan.FromSeconds(IntervalSeconds), Enabled = Enabled };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StateRecord))]
[JsonSerializable(typeof(KeyringRecord))]
internal sealed partial class BootstrapJson : JsonSerializerContext;
