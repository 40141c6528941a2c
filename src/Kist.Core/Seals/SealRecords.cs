using System.Text.Json.Serialization;

namespace Kist.Core.Seals;

/// <summary>
/// The entry <c>seal</c>, in clear: how the root key is protected. Changing it outside of Kist can keep a node from unsealing, never unseal one.
/// </summary>
internal sealed record SealRecord
{
    public int Schema { get; init; } = 1;

    /// <summary><c>shamir</c>, or the type of the auto-unseal seal.</summary>
    public required string Type { get; init; }

    /// <summary>Shares of the root key, or of the recovery key with auto-unseal.</summary>
    public required int Shares { get; init; }

    /// <summary>Shares that are needed.</summary>
    public required int Threshold { get; init; }

    /// <summary>The root key as the auto-unseal seal wrapped it; null with shares.</summary>
    public WrappedKeyRecord? RootKey { get; init; }
}

/// <summary><see cref="WrappedKey"/> as stored.</summary>
internal sealed record WrappedKeyRecord
{
    public required string KeyId { get; init; }

    public string KeyCheck { get; init; } = "";

    public required byte[] Ciphertext { get; init; }

    public static WrappedKeyRecord From(WrappedKey key) =>
        new() { KeyId = key.KeyId, KeyCheck = key.KeyCheck, Ciphertext = key.Ciphertext.ToArray() };

    public WrappedKey ToKey() => new(KeyId, KeyCheck, Ciphertext);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealRecord))]
[JsonSerializable(typeof(RecoveryRecord))]
internal sealed partial class SealJson : JsonSerializerContext;
