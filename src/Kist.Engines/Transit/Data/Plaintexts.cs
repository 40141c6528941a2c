using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Kist.Core;
using Kist.Engines.Transit.Ciphers;

namespace Kist.Engines.Transit.Data;

/// <summary>The plaintexts of a request, decoded once however often it is tried; wiped afterwards.</summary>
internal sealed class Plaintexts : IDisposable
{
    private readonly (Outcome<CipherInput> Input, ReadOnlyMemory<byte> Plaintext)[] items;

    /// <summary>Decodes the items. What is wrong with one stays with it.</summary>
    public Plaintexts(IReadOnlyList<BatchItem> batch)
    {
        items = new (Outcome<CipherInput>, ReadOnlyMemory<byte>)[batch.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = Decode(batch[i]);
    }

    /// <summary>Encrypts all under one key.</summary>
    /// <returns>The results in order, and whether the key refused one that was well formed.</returns>
    public async ValueTask<(Outcome<Ciphertext>[] Results, bool Refused)> EncryptAsync(KeyUse key, CancellationToken cancellationToken)
    {
        var results = new Outcome<Ciphertext>[items.Length];
        var refused = false;
        for (var i = 0; i < items.Length; i++)
        {
            var (input, plaintext) = items[i];
            results[i] = input.Succeeded ? await key.EncryptAsync(plaintext, input.Value, cancellationToken) : input.Failure;
            refused |= input.Succeeded && !results[i].Succeeded;
        }
        return (results, refused);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, plaintext) in items)
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(plaintext).Span);
    }

    private static (Outcome<CipherInput>, ReadOnlyMemory<byte>) Decode(BatchItem item)
    {
        using var text = item.Plaintext!;
        var input = CipherInput.Decode(item.Context, item.AssociatedData, item.KeyVersion, item.Nonce);
        if (!input.Succeeded)
            return (input, default);
        var plaintext = Base64Field.Decode("plaintext", text.Utf8);
        return plaintext.Succeeded ? (input, plaintext.Value) : (plaintext.Failure, default);
    }
}
