using Kist.Core.Namespaces;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Barrier;

/// <summary>How <see cref="Keyring.TryDecrypt"/> ended.</summary>
internal enum DecryptStatus
{
    /// <summary>The plaintext is authentic.</summary>
    Decrypted,

    /// <summary>The term is not in this keyring; a newer one may have it.</summary>
    UnknownTerm,

    /// <summary>Not what the barrier wrote at this place.</summary>
    Damaged,
}

/// <summary>A namespace's keys as of one revision of its keyring entry. Immutable; all threads may use it.</summary>
internal sealed class Keyring : IDisposable
{
    private readonly Dictionary<uint, AeadKey> ciphers = [];
    private readonly MacKey tokenHash;

    /// <param name="ns">The namespace whose values it encrypts.</param>
    /// <param name="record">Owned by the keyring from now on.</param>
    /// <param name="revision">The revision of the entry.</param>
    /// <param name="previous">An older state of the same keyring, whose keyed ciphers are taken over.</param>
    public Keyring(NamespaceId ns, KeyringRecord record, long revision, Keyring? previous = null)
    {
        Namespace = ns;
        Record = record;
        Revision = revision;
        foreach (var term in record.Terms)
            ciphers.Add(term.Term, previous?.CipherOf(term) ?? new AeadKey(term.Key.Bytes.Span));
        tokenHash = previous is not null && record.TokenHashKey.IsSameAs(previous.Record.TokenHashKey)
            ? previous.tokenHash
            : new MacKey(record.TokenHashKey.Bytes.Span);
    }

    public NamespaceId Namespace { get; }

    public KeyringRecord Record { get; }

    public long Revision { get; }

    /// <summary>The term that encrypts.</summary>
    public TermRecord Active => Record.Terms[^1];

    /// <summary>Encrypts a value that will stand at <paramref name="place"/>.</summary>
    public byte[] Encrypt(ReadOnlySpan<byte> plaintext, StoreKey place) =>
        SealedValue.Encrypt(ciphers[Active.Term], Active.Term, plaintext, KeyLayout.AssociatedData(place));

    /// <summary>Decrypts a value that stands at <paramref name="place"/>.</summary>
    public DecryptStatus TryDecrypt(ReadOnlySpan<byte> value, StoreKey place, out byte[] plaintext)
    {
        plaintext = [];
        if (!SealedValue.TryReadTerm(value, out var term))
            return DecryptStatus.Damaged;
        if (!ciphers.TryGetValue(term, out var cipher))
            return DecryptStatus.UnknownTerm;
        plaintext = new byte[value.Length - SealedValue.Overhead];
        return SealedValue.TryDecrypt(cipher, value, plaintext, KeyLayout.AssociatedData(place)) ? DecryptStatus.Decrypted : DecryptStatus.Damaged;
    }

    public void HashToken(ReadOnlySpan<byte> id, Span<byte> hash)
    {
        try
        {
            tokenHash.Compute(id, hash);
        }
        catch (ObjectDisposedException)
        {
            throw new BarrierSealedException();
        }
    }

    /// <summary>
    /// Wipes the keys of a keyring that a newer one has replaced, but for those that both hold. Keyed ciphers that the newer one did not take over end with
    /// the calls that still use them.
    /// </summary>
    public void WipeRecordBut(KeyringRecord kept)
    {
        foreach (var secret in Record.Secrets.Except(kept.Secrets))
            secret.Dispose();
    }

    public void Dispose()
    {
        foreach (var cipher in ciphers.Values)
            cipher.Dispose();
        tokenHash.Dispose();
        foreach (var secret in Record.Secrets)
            secret.Dispose();
    }

    // A restore may bring other keys under known terms.
    private AeadKey? CipherOf(TermRecord term) =>
        Record.Terms.FirstOrDefault(own => own.Term == term.Term) is { } known && known.Key.IsSameAs(term.Key) ? ciphers[term.Term] : null;
}
