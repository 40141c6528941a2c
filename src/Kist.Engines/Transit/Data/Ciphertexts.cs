using Kist.Core;
using Kist.Engines.Transit.Ciphers;

namespace Kist.Engines.Transit.Data;

/// <summary>The ciphertexts of a request, decoded once however often it is tried.</summary>
internal sealed class Ciphertexts
{
    private static readonly Failure Missing = Failure.Invalid("transit.no_ciphertext", "missing ciphertext to decrypt");

    private readonly Outcome<(CipherInput Input, Ciphertext Ciphertext)>[] items;

    /// <summary>Decodes the items. What is wrong with one stays with it.</summary>
    public Ciphertexts(IReadOnlyList<BatchItem> batch)
    {
        items = new Outcome<(CipherInput, Ciphertext)>[batch.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = Decode(batch[i]);
    }

    /// <summary>What is wrong with a batch of ciphertexts as a whole; null for nothing.</summary>
    /// <param name="items">The items.</param>
    /// <param name="eachByItself">An item without a ciphertext fails alone, and not the batch.</param>
    public static Failure? Check(IReadOnlyList<BatchItem> items, bool eachByItself = false) =>
        Batch.Check(items, item => eachByItself || item.Ciphertext is not null, Missing.Message);

    /// <summary>Does something with all of them.</summary>
    /// <param name="one">What to do with one.</param>
    /// <returns>The results in order, and whether the key refused one that was well formed.</returns>
    public async ValueTask<(Outcome<T>[] Results, bool Refused)> EachAsync<T>(Func<CipherInput, Ciphertext, ValueTask<Outcome<T>>> one)
    {
        var results = new Outcome<T>[items.Length];
        var refused = false;
        for (var i = 0; i < items.Length; i++)
        {
            results[i] = items[i] is { Succeeded: true, Value: var (input, ciphertext) } ? await one(input, ciphertext) : items[i].Failure!;
            refused |= items[i].Succeeded && !results[i].Succeeded;
        }
        return (results, refused);
    }

    private static Outcome<(CipherInput, Ciphertext)> Decode(BatchItem item)
    {
        if (string.IsNullOrEmpty(item.Ciphertext))
            return Missing;
        var input = CipherInput.Decode(item.Context, item.AssociatedData, item.KeyVersion);
        if (!input.Succeeded)
            return input.Failure;
        var ciphertext = Ciphertext.Parse(item.Ciphertext);
        return ciphertext.Succeeded ? (input.Value, ciphertext.Value) : ciphertext.Failure;
    }
}
