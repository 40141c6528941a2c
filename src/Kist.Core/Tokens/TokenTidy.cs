using Kist.Core.Barrier;

namespace Kist.Core.Tokens;

/// <summary>
/// Looks through all tokens for entries that lead nowhere and mends them. Every change of a token moves its indexes in the same commit, so this finds
/// nothing unless a store was damaged or restored by hand.
/// </summary>
internal sealed class TokenTidy(TokenSpace space, TokenRevocation revocation)
{
    private const int PageSize = 200;

    private int running;

    /// <summary>Runs once over everything; false when a run is under way on this node.</summary>
    /// <returns>True when it ran, and how many entries it mended.</returns>
    public async Task<(bool Ran, int Mended)> RunAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref running, 1) == 1)
            return (false, 0);
        try
        {
            var mended = 0;
            foreach (var records in space.All)
            {
                mended += await MendTokensAsync(records, cancellationToken);
                mended += await DropDanglingAsync(records, records.Accessors, TokenOfAccessorAsync, cancellationToken);
                mended += await DropDanglingAsync(records, records.Parents, LastSegment, cancellationToken);
                mended += await DropDanglingAsync(records, records.Expiry, LastSegment, cancellationToken);
                mended += await DropDanglingAsync(records, records.Wrapped, LastSegment, cancellationToken);
            }
            await revocation.ResumeAsync(null, cancellationToken);
            return (true, mended);
        }
        finally
        {
            Volatile.Write(ref running, 0);
        }
    }

    private static async Task<int> MendTokensAsync(TokenRecords records, CancellationToken cancellationToken)
    {
        var mended = 0;
        var after = "";
        while (await records.Ids.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } hashes)
        {
            foreach (var hash in hashes)
            {
                if (await records.ReadAsync(hash, cancellationToken) is { Entry.Revoked: false } token)
                    mended += await MendAsync(records, token, cancellationToken) ? 1 : 0;
            }
            after = hashes[^1];
        }
        return mended;
    }

    // A token whose parent is gone goes too; one that its accessor or its expiry does not lead to gets them back.
    private static async Task<bool> MendAsync(TokenRecords records, StoredToken token, CancellationToken cancellationToken)
    {
        var transaction = records.Begin().Require(records.Ids, token.Hash, token.Revision);
        var parent = token.Entry.ParentHash;
        if (parent.Length > 0 && await records.ReadAsync(parent, cancellationToken) is null)
        {
            transaction.Require(records.Ids, parent, 0)
                .Put(records.Children(parent), token.Hash, Array.Empty<byte>())
                .Put(records.Revoking, parent, new RevocationMark(), TokenJson.Default.RevocationMark);
            return (await transaction.CommitAsync(cancellationToken)).Succeeded;
        }
        var lacksAccessor = await records.Accessors.ReadAsync(records.HashAccessor(token.Entry.Accessor), cancellationToken) is null;
        if (lacksAccessor)
            records.AddAccessor(transaction, token.Hash, token.Entry);
        var key = token.Entry.ExpiresAt is { } due ? TokenRecords.ExpiryKey(due, token.Hash) : null;
        var lacksExpiry = key is not null && await records.Expiry.ReadAsync(key, cancellationToken) is null;
        if (lacksExpiry)
            transaction.Put(records.Expiry, key!, Array.Empty<byte>());
        return (lacksAccessor || lacksExpiry) && (await transaction.CommitAsync(cancellationToken)).Succeeded;
    }

    private static async Task<int> DropDanglingAsync(
        TokenRecords records,
        StorageView index,
        Func<TokenRecords, string, CancellationToken, ValueTask<string>> tokenOf,
        CancellationToken cancellationToken)
    {
        var dropped = 0;
        var after = "";
        while (await index.ScanAsync(after, PageSize, cancellationToken) is { Count: > 0 } paths)
        {
            foreach (var path in paths)
            {
                var hash = await tokenOf(records, path, cancellationToken);
                if (hash.Length == 0 || await records.ReadAsync(hash, cancellationToken) is not null)
                    continue;
                var outcome = await records.Begin().Require(records.Ids, hash, 0).Delete(index, path).CommitAsync(cancellationToken);
                dropped += outcome.Succeeded ? 1 : 0;
            }
            after = paths[^1];
        }
        return dropped;
    }

    // The path's last segment is the token's hash.
    private static ValueTask<string> LastSegment(TokenRecords records, string path, CancellationToken cancellationToken) =>
        new(path[(path.LastIndexOf('/') + 1)..]);

    private static async ValueTask<string> TokenOfAccessorAsync(TokenRecords records, string path, CancellationToken cancellationToken)
    {
        var stored = await records.Accessors.ReadRecordAsync(path, TokenJson.Default.AccessorRecord, cancellationToken);
        return stored?.Record.TokenHash ?? "";
    }
}
