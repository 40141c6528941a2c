using System.ComponentModel;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Ciphers;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Data;

internal sealed record RewrapRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("The ciphertext, as encrypt answered it.")]
    public string? Ciphertext { get; init; }

    [Description("Context of a derived key, base64.")]
    public string? Context { get; init; }

    [Description("The associated data that was given to encrypt, base64; the new ciphertext has the same.")]
    public string? AssociatedData { get; init; }

    [Description("The version that encrypts; 0 for the latest.")]
    [AuditPlain]
    public int KeyVersion { get; init; }

    [Description("Many ciphertexts, at most 10000, instead of one: objects with ciphertext, context, associated_data, key_version and reference.")]
    public IReadOnlyList<BatchItem>? BatchInput { get; init; }
}

/// <summary><c>POST rewrap/name</c>. A batch with faulty items is a success, as in Vault: each item says how it fared.</summary>
internal sealed class Rewrap(Racing racing)
{
    public async ValueTask<Outcome<EncryptResponse>> HandleAsync(RewrapRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        // What lacks a ciphertext is an item's own fault here, unlike in decrypt, where Vault refuses the batch.
        IReadOnlyList<BatchItem> items = request.BatchInput is { } batch ? [.. batch.Select(static item => item ?? new BatchItem())] : [Single(request)];
        if (Ciphertexts.Check(items, eachByItself: true) is { } bad)
            return bad;
        var ciphertexts = new Ciphertexts(items);
        var rewrapped = await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken);
        if (!rewrapped.Succeeded)
            return rewrapped.Failure;
        return request.BatchInput is null
            ? CipherResults.Answer(rewrapped.Value, items, isBatch: false, context, null)
            : new EncryptResponse { BatchResults = CipherResults.Results(rewrapped.Value, items) };

        async ValueTask<Proposal<Outcome<Ciphertext>[]>> ProposeAsync(CancellationToken ct)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is not { } stored)
                return TransitFailures.KeyNotFound;
            var use = new KeyUse(context.Storage, request.Name, stored);
            var (results, refused) = await ciphertexts.EachAsync((input, ciphertext) => RewrapAsync(use, input, ciphertext, ct));
            return use.Propose(results, refused);
        }
    }

    private static async ValueTask<Outcome<Ciphertext>> RewrapAsync(KeyUse use, CipherInput input, Ciphertext old, CancellationToken cancellationToken)
    {
        var plaintext = await use.DecryptAsync(old, input, cancellationToken);
        if (!plaintext.Succeeded)
            return plaintext.Failure;
        try
        {
            return await use.EncryptAsync(plaintext.Value, input, cancellationToken);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext.Value);
        }
    }

    private static BatchItem Single(RewrapRequest request) => new()
    {
        Ciphertext = request.Ciphertext ?? "",
        Context = request.Context,
        AssociatedData = request.AssociatedData,
        KeyVersion = request.KeyVersion,
    };
}
