using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Crypto;

namespace Kist.Engines.Transit.Data;

/// <summary>One item of a batch, whatever is to be done with it.</summary>
internal sealed record BatchItem
{
    [Description("To encrypt: the plaintext, base64.")]
    public SecretText? Plaintext { get; init; }

    [Description("To decrypt or rewrap: the ciphertext.")]
    public string? Ciphertext { get; init; }

    [Description("Context of a derived key, base64.")]
    public string? Context { get; init; }

    [Description("Data that is authenticated and not encrypted, base64.")]
    public string? AssociatedData { get; init; }

    [Description("The version that encrypts; 0 for the latest.")]
    [AuditPlain]
    public int KeyVersion { get; init; }

    [Description("Must be empty: the server chooses nonces.")]
    public string? Nonce { get; init; }

    [Description("Comes back with the item's result.")]
    public string? Reference { get; init; }
}

/// <summary>What all batches share.</summary>
internal static class Batch
{
    /// <summary>Most items of one batch.</summary>
    public const int MostItems = 10_000;

    private static readonly Failure Mixed = Failure.Invalid(
        "transit.mixed_context", "context should be set either in all the request blocks or in none");

    private static readonly Failure Empty = Failure.Invalid("transit.empty_batch", "missing batch input to process");

    private static readonly Failure TooLarge = Failure.Invalid(
        "transit.batch_too_large", $"field \"batch_input\": has more than {MostItems} items: send several batches");

    /// <summary>What is wrong with a batch as a whole; null for nothing.</summary>
    /// <param name="items">The items.</param>
    /// <param name="isComplete">False for an item that lacks what it is about.</param>
    /// <param name="lack">What that is.</param>
    public static Failure? Check(IReadOnlyList<BatchItem> items, Func<BatchItem, bool> isComplete, string lack)
    {
        if (items.Count == 0)
            return Empty;
        if (items.Count > MostItems)
            return TooLarge;
        var withContext = 0;
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is null || !isComplete(items[i]))
                return Failure.Invalid("transit.invalid_batch", $"failed to parse batch input: item {i}: {lack}");
            withContext += string.IsNullOrEmpty(items[i].Context) ? 0 : 1;
        }
        return withContext == 0 || withContext == items.Count ? null : Mixed;
    }

    /// <summary>Has the dialect answer that parts failed, when some did.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="failed">How many items failed.</param>
    /// <param name="succeeded">How many did not.</param>
    /// <param name="code">The client's <c>partial_failure_response_code</c>, which counts only when some items succeeded.</param>
    public static void Report(RequestContext context, int failed, int succeeded, int? code)
    {
        if (failed == 0)
            return;
        if (code is not (null or (>= 200 and <= 599)) || code is 204 or 205 or 304)
        {
            context.Warn("invalid HTTP response code override from partial_failure_response_code, reverting to 400");
            code = null;
        }
        context.PartialFailure = new PartialFailure(succeeded > 0 ? code : null);
    }
}
