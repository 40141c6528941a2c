using System.ComponentModel;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Transit.Keys;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Data;

internal sealed record DataKeyRequest
{
    [Description("Name of the key.")]
    [AuditPlain]
    public required string Name { get; init; }

    [Description("Length of the data key: 128, 256 (default) or 512.")]
    [AuditPlain]
    public int Bits { get; set; } = 256;

    [Description("Context of a derived key, base64.")]
    public string? Context { get; init; }

    [Description("Data that is authenticated and not encrypted, base64. Decryption needs the same.")]
    public string? AssociatedData { get; init; }

    [Description("The version that encrypts; 0 for the latest.")]
    [AuditPlain]
    public int KeyVersion { get; init; }

    [Description("Must be empty: the server chooses nonces.")]
    public string? Nonce { get; init; }
}

internal sealed record DataKeyResponse
{
    [Description("The data key, encrypted: keep this.")]
    public required string Ciphertext { get; init; }

    [Description("The version that encrypted.")]
    [AuditPlain]
    public int KeyVersion { get; init; }

    [Description("The data key in clear, base64: use it and forget it. Absent under wrapped/.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SecretText? Plaintext { get; init; }
}

/// <summary><c>POST datakey/plaintext/name</c> and <c>datakey/wrapped/name</c>: two paths, so that a policy can allow one of them.</summary>
internal sealed class DataKey(Racing racing)
{
    private static readonly Failure InvalidBits = Failure.Invalid("transit.invalid_bits", "invalid bit length: field \"bits\" must be 128, 256 or 512");

    public ValueTask<Outcome<DataKeyResponse>> PlaintextAsync(DataKeyRequest request, RequestContext context, CancellationToken cancellationToken) =>
        MakeAsync(request, context, inClear: true, cancellationToken);

    public ValueTask<Outcome<DataKeyResponse>> WrappedAsync(DataKeyRequest request, RequestContext context, CancellationToken cancellationToken) =>
        MakeAsync(request, context, inClear: false, cancellationToken);

    private async ValueTask<Outcome<DataKeyResponse>> MakeAsync(
        DataKeyRequest request, RequestContext context, bool inClear, CancellationToken cancellationToken)
    {
        if (KeyName.Check(request.Name) is { } badName)
            return badName;
        if (request.Bits is not (128 or 256 or 512))
            return InvalidBits;
        var input = CipherInput.Decode(request.Context, request.AssociatedData, request.KeyVersion, request.Nonce);
        return input.Succeeded
            ? await racing.CommitAsync(context, request.Name, ProposeAsync, cancellationToken)
            : input.Failure;

        async ValueTask<Proposal<DataKeyResponse>> ProposeAsync(CancellationToken ct)
        {
            if (await TransitStore.ReadKeyAsync(context.Storage, request.Name, ct) is not { } stored)
                return TransitFailures.KeyNotFound;
            var use = new KeyUse(context.Storage, request.Name, stored);
            var dataKey = RandomNumberGenerator.GetBytes(request.Bits / 8);
            try
            {
                var wrapped = await use.EncryptAsync(dataKey, input.Value, ct);
                if (!wrapped.Succeeded)
                    return new(use.Confirm(), wrapped.Failure);
                var answer = new DataKeyResponse
                {
                    Ciphertext = wrapped.Value.ToString(),
                    KeyVersion = wrapped.Value.Version,
                    Plaintext = inClear ? Decrypt.Encode(dataKey) : null,
                };
                return new(null, answer);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(dataKey);
            }
        }
    }
}
