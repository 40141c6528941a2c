using System.Buffers;
using Kist.Core;
using Kist.Crypto;

namespace Kist.Kubernetes.AtRest;

/// <summary>
/// Tries transformers in order, as the API server does with a resource's providers and with a provider's keys: each whose prefix matches, until one
/// reads the value. The first one writes, so that what another one read is stale.
/// </summary>
/// <param name="parts">At least one.</param>
/// <param name="whenLater">Why a value that not the first part read is stale.</param>
/// <param name="noMatch">When no prefix matches.</param>
internal sealed class PrefixChain(IReadOnlyList<PrefixedTransformer> parts, StaleReasons whenLater, Failure noMatch) : ITransformer
{
    public async ValueTask<ReadAttempt> ReadAsync(StoredBody stored, SecretBuffer plaintext, CancellationToken cancellationToken)
    {
        List<Failure>? failures = null;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (!stored.Body.Span.StartsWith(part.Prefix))
                continue;
            var attempt = await part.Inner.ReadAsync(stored with { Body = stored.Body[part.Prefix.Length..] }, plaintext, cancellationToken);
            if (attempt.Failures is null)
                return part.Name(attempt with { Stale = attempt.Stale | Later(i) });
            // Identity matches everything; that it cannot read encrypted data is no news.
            if (part.Prefix.Length > 0)
                (failures ??= []).AddRange(attempt.Failures);
        }
        return failures is null ? ReadAttempt.Failed(noMatch) : new ReadAttempt(failures);
    }

    public async ValueTask<Outcome<Nothing>> WriteAsync(
        ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> plaintext, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.Write(parts[0].Prefix);
        return await parts[0].Inner.WriteAsync(key, plaintext, output, cancellationToken);
    }

    public ReadAttempt Foresee(ReadOnlyMemory<byte> body) => Find(body);

    /// <summary>
    /// What the prefixes alone tell: the longest one that matches (a key may be named <c>a</c> and another one <c>a:b</c>), of equals the first.
    /// Failed when none does, or when what follows cannot be what any of them writes.
    /// </summary>
    public ReadAttempt Find(ReadOnlyMemory<byte> body) => Find(body, out _);

    private ReadAttempt Find(ReadOnlyMemory<byte> body, out int length)
    {
        ReadAttempt? best = null;
        List<Failure>? failures = null;
        length = -1;
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (!body.Span.StartsWith(part.Prefix) || (part.Prefix.Length == 0 && body.Span.StartsWith(ProviderKinds.EncryptedPrefixBytes)))
                continue;
            var rest = body[part.Prefix.Length..];
            var inner = 0;
            var found = part.Inner is PrefixChain keys ? keys.Find(rest, out inner) : part.Inner.Foresee(rest);
            if (found.Failures is { } reasons)
                (failures ??= []).AddRange(reasons);
            if (found.Failures is not null || part.Prefix.Length + inner <= length)
                continue;
            length = part.Prefix.Length + inner;
            best = part.Name(found with { Stale = found.Stale | Later(i) });
        }
        return best ?? (failures is null ? ReadAttempt.Failed(noMatch) : new ReadAttempt(failures));
    }

    public void Dispose()
    {
        foreach (var part in parts)
            part.Inner.Dispose();
    }

    private StaleReasons Later(int index) => index == 0 ? StaleReasons.None : whenLater;
}
