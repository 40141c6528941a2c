using System.ComponentModel;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Transit.Ciphers;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Data;

internal sealed record DecryptRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The ciphertext, as encrypt answered it.")]
    public string? Ciphertext { get; init; }

    [Description("Context of a derived key, base64.")]
    public string? Context { get; init; }

    [Description("The associated data that was given to encrypt, base64.")]
    public string? AssociatedData { get; init; }

    [Description("Many ciphertexts, at most 10000, instead of one: objects with ciphertext, context, associated_data and reference.")]
    public IReadOnlyList<BatchItem>? BatchInput { get; init; }

    [Description("HTTP status to answer instead of 400 when only some items of a batch fail.")]
    [AuditPlain]
    public int? PartialFailureResponseCode { get; init; }
}

internal sealed record DecryptResponse
{
    [Description("The plaintext, base64; absent for a batch.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SecretText? Plaintext { get; init; }

    [Description("Results of a batch, in its order.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DecryptResult>? BatchResults { get; init; }
}

internal sealed record DecryptResult
{
    [Description("The plaintext, base64; empty when the item failed.")]
    public SecretText Plaintext { get; init; } = new("");

    [Description("Why the item failed.")]
    [AuditPlain]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    [Description("The item's reference.")]
    public string Reference { get; init; } = "";
}

/// <summary><c>POST decrypt/name</c>.</summary>
internal sealed class Decrypt(Racing racing)
{
    public async ValueTask<Outcome<DecryptResponse>> HandleAsync(DecryptRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        IReadOnlyList<BatchItem> items = request.BatchInput
            ?? [new BatchItem { Ciphertext = request.Ciphertext ?? "", Context = request.Context, AssociatedData = request.AssociatedData }];
        if (Ciphertexts.Check(items) is { } bad)
            return bad;
        var ciphertexts = new Ciphertexts(items);
        // Of all attempts but the one that is answered.
        var unanswered = new List<SecretText>();
        try
        {
            var decrypted = await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken);
            if (!decrypted.Succeeded)
                return decrypted.Failure;
            unanswered.Clear();
            return Answer(decrypted.Value, items, request, context);
        }
        finally
        {
            unanswered.ForEach(static plaintext => plaintext.Dispose());
        }

        async ValueTask<Proposal<Outcome<SecretText>[]>> ProposeAsync(CancellationToken ct)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is not { } stored)
                return TransitFailures.KeyNotFound;
            unanswered.ForEach(static plaintext => plaintext.Dispose());
            unanswered.Clear();
            var use = new KeyUse(context.Storage, request.Name, stored);
            var (results, refused) = await ciphertexts.EachAsync((input, ciphertext) => DecryptAsync(use, input, ciphertext, unanswered, ct));
            return use.Propose(results, refused);
        }
    }

    /// <summary>Plaintext as base64; wipes what it was given.</summary>
    public static SecretText Encode(byte[] plaintext)
    {
        var encoded = new byte[System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(plaintext.Length)];
        System.Buffers.Text.Base64.EncodeToUtf8(plaintext, encoded, out _, out var length);
        CryptographicOperations.ZeroMemory(plaintext);
        var text = new SecretText(encoded.AsSpan(0, length));
        CryptographicOperations.ZeroMemory(encoded);
        return text;
    }

    private static async ValueTask<Outcome<SecretText>> DecryptAsync(
        KeyUse use, CipherInput input, Ciphertext ciphertext, List<SecretText> made, CancellationToken cancellationToken)
    {
        var plaintext = await use.DecryptAsync(ciphertext, input, cancellationToken);
        if (!plaintext.Succeeded)
            return plaintext.Failure;
        var text = Encode(plaintext.Value);
        made.Add(text);
        return text;
    }

    private static Outcome<DecryptResponse> Answer(
        Outcome<SecretText>[] results, IReadOnlyList<BatchItem> items, DecryptRequest request, RequestContext context)
    {
        if (request.BatchInput is null)
            return results[0].Succeeded ? new DecryptResponse { Plaintext = results[0].Value } : results[0].Failure!;
        Batch.Report(context, results.Count(r => !r.Succeeded), results.Count(r => r.Succeeded), request.PartialFailureResponseCode);
        var answers = new DecryptResult[results.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            var reference = items[i].Reference ?? "";
            answers[i] = results[i].Succeeded
                ? new DecryptResult { Plaintext = results[i].Value, Reference = reference }
                : new DecryptResult { Error = results[i].Failure!.Message, Reference = reference };
        }
        return new DecryptResponse { BatchResults = answers };
    }
}
