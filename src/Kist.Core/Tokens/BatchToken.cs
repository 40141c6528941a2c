using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>What a batch token carries. Short names, because clients send it with every request.</summary>
internal sealed record BatchToken
{
    [JsonPropertyName("v")]
    public int Schema { get; init; } = 1;

    [JsonPropertyName("p")]
    public IReadOnlyList<string>? Policies { get; init; }

    [JsonPropertyName("h")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ParentHash { get; init; }

    [JsonPropertyName("w")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Path { get; init; }

    [JsonPropertyName("n")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DisplayName { get; init; }

    [JsonPropertyName("m")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    [JsonPropertyName("i")]
    public long IssuedAt { get; init; }

    /// <summary>Milliseconds since 1970.</summary>
    [JsonPropertyName("e")]
    public long ExpiresAt { get; init; }

    [JsonPropertyName("c")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? BoundCidrs { get; init; }

    [JsonPropertyName("r")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    [JsonPropertyName("l")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TokenLogin? Login { get; init; }

    [JsonPropertyName("d")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EntityId { get; init; }
}

/// <summary>Seals entries into batch token ids and opens them.</summary>
internal sealed class BatchTokenCodec(BarrierStore barrier)
{
    private static readonly SearchValues<byte> Letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    public async ValueTask<SecretText> SealAsync(NamespaceId ns, TokenEntry entry, CancellationToken cancellationToken)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(Pack(entry), TokenJson.Default.BatchToken);
        return TokenId.OfBatch(ns, await barrier.EncryptTokenAsync(plain, Purpose(ns), cancellationToken));
    }

    /// <summary>The encrypted token in an id's body; null when the body is not in the form of one.</summary>
    public static byte[]? Decode(TokenId id)
    {
        // The decoder also takes spaces and padding, which no id has and some of which make it throw.
        if (id.Body.ContainsAnyExcept(Letters))
            return null;
        var sealedToken = new byte[Base64Url.GetMaxDecodedLength(id.Body.Length)];
        return Base64Url.DecodeFromUtf8(id.Body, sealedToken, out _, out var length) == OperationStatus.Done ? sealedToken[..length] : null;
    }

    /// <summary>The entry inside; null when it was not made here or was changed.</summary>
    public async ValueTask<TokenEntry?> OpenAsync(NamespaceId ns, ReadOnlyMemory<byte> sealedToken, CancellationToken cancellationToken)
    {
        var plain = await barrier.TryDecryptTokenAsync(sealedToken, Purpose(ns), cancellationToken);
        return plain is null ? null : Unpack(JsonSerializer.Deserialize(plain, TokenJson.Default.BatchToken)!);
    }

    private static string Purpose(NamespaceId ns) => $"batch-token/{ns}";

    private static BatchToken Pack(TokenEntry entry) => new()
    {
        Policies = entry.Policies,
        ParentHash = NullIfEmpty(entry.ParentHash),
        Path = NullIfEmpty(entry.Path),
        DisplayName = NullIfEmpty(entry.DisplayName),
        Metadata = entry.Metadata.Count > 0 ? entry.Metadata : null,
        IssuedAt = entry.IssuedAt.ToUnixTimeMilliseconds(),
        ExpiresAt = (entry.ExpiresAt ?? throw new ArgumentException("a batch token must end", nameof(entry))).ToUnixTimeMilliseconds(),
        BoundCidrs = entry.BoundCidrs.Count > 0 ? entry.BoundCidrs : null,
        Role = NullIfEmpty(entry.Role),
        Login = entry.Login,
        EntityId = NullIfEmpty(entry.EntityId),
    };

    private static TokenEntry Unpack(BatchToken token)
    {
        var issued = DateTimeOffset.FromUnixTimeMilliseconds(token.IssuedAt);
        var expires = DateTimeOffset.FromUnixTimeMilliseconds(token.ExpiresAt);
        return new TokenEntry
        {
            Type = TokenType.Batch,
            Policies = token.Policies ?? [],
            ParentHash = token.ParentHash ?? "",
            Path = token.Path ?? "",
            DisplayName = token.DisplayName ?? "",
            Metadata = token.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal),
            IssuedAt = issued,
            ExpiresAt = expires,
            CreationTtl = expires - issued,
            BoundCidrs = token.BoundCidrs ?? [],
            Role = token.Role ?? "",
            Login = token.Login,
            EntityId = token.EntityId ?? "",
        };
    }

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}
