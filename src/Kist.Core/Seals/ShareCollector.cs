using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>
/// Gathers key shares of operators, one at a time, in this node's memory alone, until there are enough to form a key. Whether it is the right key is for the
/// caller to see. May be called from any thread.
/// </summary>
public sealed class ShareCollector : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<SecretBytes> shares = [];
    private string nonce = "";

    /// <summary>Names the attempt, so that operators see whether theirs was reset; empty before the first share.</summary>
    public string Nonce
    {
        get
        {
            lock (gate)
                return nonce;
        }
    }

    /// <summary>Shares gathered.</summary>
    public int Progress
    {
        get
        {
            lock (gate)
                return shares.Count;
        }
    }

    /// <summary>
    /// Adds a share; one that is there already changes nothing. A malformed share is refused; one that contradicts another resets the attempt, since either may
    /// be wrong.
    /// </summary>
    /// <param name="share">Copied.</param>
    /// <param name="threshold">Shares that form a key.</param>
    /// <param name="key">The key when there were enough, which also resets the attempt; else null.</param>
    public Failure? Add(SecretBytes share, int threshold, out SecretBytes? key)
    {
        key = null;
        if (share.Length != KeyShares.Length(threshold) || (threshold > 1 && share.Span[^1] == 0))
            return Failure.Invalid("seal.share_malformed", $"this is not a share of the key: it must have {KeyShares.Length(threshold)} bytes");
        lock (gate)
        {
            // A rekey to or from a single share, which is the key itself: what was gathered belongs to the shares before it.
            if (shares.Exists(known => known.Length != share.Length))
                Clear();
            if (shares.Exists(known => known.FixedTimeEquals(share.Span)))
                return null;
            if (threshold > 1 && shares.Exists(known => known.Span[^1] == share.Span[^1]))
            {
                Clear();
                return Failure.Invalid(
                    "seal.share_conflict", "this share contradicts an earlier one: one of them is wrong or of another set of shares; start again");
            }
            shares.Add(new SecretBytes(share.Span));
            if (nonce.Length == 0)
                nonce = Guid.NewGuid().ToString();
            if (shares.Count >= threshold)
            {
                key = KeyShares.Combine(shares);
                Clear();
            }
            return null;
        }
    }

    /// <summary>Forgets the attempt and wipes its shares.</summary>
    public void Reset()
    {
        lock (gate)
            Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => Reset();

    private void Clear()
    {
        foreach (var share in shares)
            share.Dispose();
        shares.Clear();
        nonce = "";
    }
}
