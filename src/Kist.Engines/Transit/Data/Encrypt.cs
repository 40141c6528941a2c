using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Data;

internal sealed record EncryptRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The plaintext, base64.")]
    public SecretText? Plaintext { get; init; }

    [Description("Context of a derived key, base64.")]
    public string? Context { get; init; }

    [Description("Data that is authenticated and not encrypted, base64. Decryption needs the same.")]
    public string? AssociatedData { get; init; }

    [Description("The version that encrypts; 0 for the latest.")]
    [AuditPlain]
    public int KeyVersion { get; init; }

    [Description("Must be empty: the server chooses nonces.")]
    public string? Nonce { get; init; }

    [Description("Many plaintexts, at most 10000, instead of one: objects with plaintext, context, associated_data, key_version and reference.")]
    public IReadOnlyList<BatchItem>? BatchInput { get; init; }

    [Description("Type of a key that is made: aes256-gcm96 (default) or aes128-gcm96.")]
    [AuditPlain]
    public string Type { get; set; } = KeyType.Default;

    [Description("Whether a key that is made is convergent; needs a context.")]
    [AuditPlain]
    public bool ConvergentEncryption { get; init; }

    [Description("HTTP status to answer instead of 400 when only some items of a batch fail.")]
    [AuditPlain]
    public int? PartialFailureResponseCode { get; init; }
}

internal sealed record EncryptResponse
{
    [Description("The ciphertext; absent for a batch.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ciphertext { get; init; }

    [Description("The version that encrypted; absent for a batch.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? KeyVersion { get; init; }

    [Description("Results of a batch, in its order.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EncryptResult>? BatchResults { get; init; }
}

internal sealed record EncryptResult
{
    [Description("The ciphertext; absent when the item failed.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Ciphertext { get; init; }

    [Description("The version that encrypted; absent when the item failed.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? KeyVersion { get; init; }

    [Description("Why the item failed.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    [Description("The item's reference.")]
    public string Reference { get; init; } = "";
}

/// <summary>
/// <c>POST encrypt/name</c>. Where there is no key of that name, a caller who may create at this path gets one, unless the mount's settings forbid it; a
/// request of which nothing can be encrypted makes none.
/// </summary>
internal sealed class Encrypt(TimeProvider clock, Racing racing)
{
    private static readonly Failure NoPlaintext = Failure.Invalid("transit.no_plaintext", "missing plaintext to encrypt");

    public async ValueTask<Outcome<EncryptResponse>> HandleAsync(EncryptRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        IReadOnlyList<BatchItem> items = request.BatchInput ?? [Single(request)];
        if (request.BatchInput is null && request.Plaintext is null)
            return NoPlaintext;
        if (Batch.Check(items, static item => item.Plaintext is not null, NoPlaintext.Message) is { } bad)
            return bad;
        using var plaintexts = new Plaintexts(items);
        using var upsert = new Upsert(request, context, clock, withContext: !string.IsNullOrEmpty(items[0].Context));
        var encrypted = await racing.CommitAsync(context, request.Name, ct => upsert.ProposeAsync(plaintexts, ct), cancellationToken);
        if (!encrypted.Succeeded)
            return encrypted.Failure;
        upsert.Warn();
        return CipherResults.Answer(encrypted.Value, items, request.BatchInput is not null, context, request.PartialFailureResponseCode);
    }

    /// <summary>Tells create from update.</summary>
    public static async ValueTask<bool> KeyExistsAsync(RequestContext context, CancellationToken cancellationToken)
    {
        var name = context.Parameters["name"];
        return KeyName.Check(name) is null && await TransitStore.ReadKeyAsync(context.Storage, name, cancellationToken) is not null;
    }

    private static BatchItem Single(EncryptRequest request) => new()
    {
        Plaintext = request.Plaintext,
        Context = request.Context,
        AssociatedData = request.AssociatedData,
        KeyVersion = request.KeyVersion,
        Nonce = request.Nonce,
    };
}
