using System.Diagnostics.CodeAnalysis;
using Kist.Core.Storage;

namespace Kist.Core.Barrier;

/// <summary>
/// Counts the encryptions under a term, because a key with random nonces is good for 2^32 of them only. Nodes reserve blocks from the count in the keyring and
/// spend them without asking; a term that is spent or too old is followed by a new one.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The semaphore has no wait handle.")]
internal sealed class EncryptionBudget(KeyringKeeper keeper, TimeProvider time, int blockSize)
{
    // NIST SP 800-38D, 8.3: at most 2^32 invocations with random nonces under one key.
    private const long MostEncryptions = 1L << 32;

    private readonly SemaphoreSlim turn = new(1, 1);
    private volatile Block block = new(0, 0);

    /// <summary>The term that encrypts now; what this node has reserved but not spent is left out of the count.</summary>
    public KeyStatus Status
    {
        get
        {
            var record = keeper.Current.Keyring.Record;
            var term = record.Terms[^1];
            return new KeyStatus(term.Term, term.InstalledAt, Math.Max(0, record.Encryptions - block.LeftOf(term.Term)));
        }
    }

    /// <summary>A snapshot under whose active term the caller may encrypt <paramref name="count"/> values, at most <see cref="StoreLimits.Changes"/>.</summary>
    public ValueTask<BarrierSnapshot> TakeAsync(int count, CancellationToken cancellationToken)
    {
        var snapshot = keeper.Current;
        return count == 0 || block.TryTake(snapshot.Keyring.Active.Term, count) ? new(snapshot) : ReserveAsync(count, cancellationToken);
    }

    /// <summary>Starts a new term.</summary>
    public Task RotateAsync(CancellationToken cancellationToken) => keeper.ChangeKeyringAsync(record => WithNewTerm(record, 0), cancellationToken);

    /// <summary>Starts a new term when the settings say so; false when they do not.</summary>
    public async Task<bool> RotateIfDueAsync(CancellationToken cancellationToken)
    {
        var rotated = false;
        await keeper.ChangeKeyringAsync(record => (rotated = IsDue(record, 0)) ? WithNewTerm(record, 0) : null, cancellationToken);
        return rotated;
    }

    private async ValueTask<BarrierSnapshot> ReserveAsync(int count, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            while (true)
            {
                var snapshot = keeper.Current;
                if (block.TryTake(snapshot.Keyring.Active.Term, count))
                    return snapshot;
                var reserved = await keeper.ChangeKeyringAsync(Reserve, cancellationToken);
                block = new Block(reserved.Keyring.Active.Term, blockSize);
            }
        }
        finally
        {
            turn.Release();
        }
    }

    private KeyringRecord Reserve(KeyringRecord record) =>
        IsDue(record, blockSize) ? WithNewTerm(record, blockSize) : record with { Encryptions = record.Encryptions + blockSize };

    private bool IsDue(KeyringRecord record, int upcoming)
    {
        var (encryptions, rotation) = (record.Encryptions + upcoming, record.Rotation);
        var age = time.GetUtcNow() - record.Terms[^1].InstalledAt;
        return encryptions > MostEncryptions
            || (rotation.Enabled && encryptions > rotation.MaxOperations)
            || (rotation.Enabled && rotation.IntervalSeconds > 0 && age.TotalSeconds >= rotation.IntervalSeconds);
    }

    private KeyringRecord WithNewTerm(KeyringRecord record, int reserved) => record with
    {
        Terms = [.. record.Terms, TermRecord.New(record.Terms[^1].Term + 1, time)],
        Encryptions = reserved,
    };

    /// <summary>Encryptions under one term that this node has reserved.</summary>
    private sealed class Block(uint term, long size)
    {
        private long left = size;

        // A block too small for the count is given up; at most a transaction's encryptions are lost.
        public bool TryTake(uint wanted, int count) => wanted == term && Interlocked.Add(ref left, -count) >= 0;

        public long LeftOf(uint wanted) => wanted == term ? Math.Max(0, Interlocked.Read(ref left)) : 0;
    }
}
