using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Ciphers;

namespace Kist.Engines.Transit.Data;

/// <summary>What became of the items of a request that answers ciphertexts.</summary>
internal static class CipherResults
{
    /// <summary>The answer: a single item's failure is the request's own.</summary>
    /// <param name="results">In the order of the items.</param>
    /// <param name="items">What was asked for.</param>
    /// <param name="isBatch">False when the request had one item outside of a batch.</param>
    /// <param name="context">Gets the partial failure.</param>
    /// <param name="code">The client's <c>partial_failure_response_code</c>.</param>
    public static Outcome<EncryptResponse> Answer(
        IReadOnlyList<Outcome<Ciphertext>> results, IReadOnlyList<BatchItem> items, bool isBatch, RequestContext context, int? code)
    {
        if (!isBatch)
        {
            return results[0].Succeeded
                ? new EncryptResponse { Ciphertext = results[0].Value.ToString(), KeyVersion = results[0].Value.Version }
                : results[0].Failure!;
        }
        Batch.Report(context, results.Count(r => !r.Succeeded), results.Count(r => r.Succeeded), code);
        return new EncryptResponse { BatchResults = Results(results, items) };
    }

    /// <summary>The results of a batch.</summary>
    public static IReadOnlyList<EncryptResult> Results(IReadOnlyList<Outcome<Ciphertext>> results, IReadOnlyList<BatchItem> items)
    {
        var answers = new EncryptResult[results.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var reference = items[i].Reference ?? "";
            answers[i] = results[i].Succeeded
                ? new EncryptResult { Ciphertext = results[i].Value.ToString(), KeyVersion = results[i].Value.Version, Reference = reference }
                : new EncryptResult { Error = results[i].Failure!.Message, Reference = reference };
        }
        return answers;
    }
}
