using System.Collections.Concurrent;

namespace Kist.Core.Tokens;

/// <summary>Finds tokens by id and tells whether they are valid: themselves and all their ancestors.</summary>
internal sealed class TokenFinder(TokenSpace space, BatchTokenCodec batch, LoginMountCheck isMounted)
{
    private const int MostOpenedBatchTokens = 10_000;

    // Opened batch tokens by the keyed hash of the whole id. They never change, so only their end and their parent are checked again.
    private readonly ConcurrentDictionary<string, TokenEntry> opened = new(StringComparer.Ordinal);

    /// <summary>The valid token with this id, or null.</summary>
    public ValueTask<StoredToken?> FindAsync(ReadOnlySpan<byte> id, CancellationToken cancellationToken)
    {
        var parsed = TokenId.Parse(id);
        if (!space.TryGet(parsed.Namespace, out var records))
            return default;
        var hash = records.Hash(id);
        if (parsed.Type != TokenType.Batch)
            return FindByHashAsync(records, hash, cancellationToken);
        if (opened.TryGetValue(hash, out var known))
            return CheckAsync(records, new StoredToken(records.Namespace, hash, known, 0), cancellationToken);
        return BatchTokenCodec.Decode(parsed) is { } sealedToken ? OpenBatchAsync(records, hash, sealedToken, cancellationToken) : default;
    }

    /// <summary>The valid stored token with this hash, or null.</summary>
    public async ValueTask<StoredToken?> FindByHashAsync(TokenRecords records, string hash, CancellationToken cancellationToken) =>
        await records.ReadAsync(hash, cancellationToken) is { } token ? await CheckAsync(records, token, cancellationToken) : null;

    /// <summary>The valid token with this accessor, or null.</summary>
    public async ValueTask<StoredToken?> FindByAccessorAsync(TokenRecords records, string accessor, CancellationToken cancellationToken) =>
        await records.Accessors.ReadRecordAsync(records.HashAccessor(accessor), TokenJson.Default.AccessorRecord, cancellationToken) is { } stored
            ? await FindByHashAsync(records, stored.Record.TokenHash, cancellationToken)
            : null;

    /// <summary>Forgets opened batch tokens: at seal.</summary>
    public void Clear() => opened.Clear();

    private async ValueTask<StoredToken?> CheckAsync(TokenRecords records, StoredToken token, CancellationToken cancellationToken)
    {
        var now = space.Clock.GetUtcNow();
        return await IsAliveAsync(token.Entry, now, cancellationToken) && await AncestorsAreAliveAsync(records, token.Entry, now, cancellationToken)
            ? token
            : null;
    }

    // What a method vouched for ends with the method, on every node and at once.
    private async ValueTask<bool> IsAliveAsync(TokenEntry entry, DateTimeOffset now, CancellationToken cancellationToken) =>
        entry.IsAlive(now) && (entry.Login is not { } login || await isMounted(login.Mount, cancellationToken));

    // The tree is revoked in steps; this makes a revoked or expired token's descendants invalid at once, whether the steps have reached them or not.
    private async ValueTask<bool> AncestorsAreAliveAsync(
        TokenRecords records, TokenEntry entry, DateTimeOffset now, CancellationToken cancellationToken)
    {
        while (entry.ParentHash.Length > 0)
        {
            if (await records.ReadAsync(entry.ParentHash, cancellationToken) is not { Entry: var parent })
                return false;
            // The trace of a parent that was revoked without its children. A batch token cannot be made an orphan, so it ends.
            if (parent.Revoked)
                return entry.Type != TokenType.Batch;
            if (!await IsAliveAsync(parent, now, cancellationToken))
                return false;
            entry = parent;
        }
        return true;
    }

    private async ValueTask<StoredToken?> OpenBatchAsync(
        TokenRecords records, string hash, ReadOnlyMemory<byte> sealedToken, CancellationToken cancellationToken)
    {
        var entry = await batch.OpenAsync(records.Namespace, sealedToken, cancellationToken);
        if (entry is null)
            return null;
        if (opened.Count >= MostOpenedBatchTokens)
            opened.Clear();
        opened[hash] = entry;
        return await CheckAsync(records, new StoredToken(records.Namespace, hash, entry, 0), cancellationToken);
    }
}
