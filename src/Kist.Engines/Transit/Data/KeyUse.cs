using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Ciphers;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Data;

/// <summary>
/// A key as one look at the store showed it. What it refuses may rest on an old look: an answer that says no waits for <see cref="Confirm"/>.
/// </summary>
/// <param name="storage">The mount's storage.</param>
/// <param name="name">The key's name.</param>
/// <param name="key">The key's record and revision; revision 0 for one that is being made.</param>
/// <param name="fresh">The only version of a key that is being made.</param>
internal sealed class KeyUse(StorageView storage, string name, StoredRecord<KeyRecord> key, VersionRecord? fresh = null)
{
    /// <summary>The key's record.</summary>
    public KeyRecord Key => key.Record;

    /// <summary>Commits only when the look is still the store's: then what was refused stays refused.</summary>
    public Transaction Confirm() => TransitStore.Confirm(storage, name, key.Revision);

    /// <summary>Proposes the results of several texts: without a commit, unless the key <paramref name="refused"/> one of them.</summary>
    public Proposal<Outcome<T>[]> Propose<T>(Outcome<T>[] results, bool refused)
    {
        if (!refused)
            return new(null, results);
        // What is not the caller's fault is not an item's either.
        var fault = Array.Find(results, result => result.Failure is { Kind: not FailureKind.Invalid }).Failure;
        return new(Confirm(), fault is null ? results : fault);
    }

    /// <summary>Encrypts under the version that is asked for, or the latest.</summary>
    public async ValueTask<Outcome<Ciphertext>> EncryptAsync(ReadOnlyMemory<byte> plaintext, CipherInput input, CancellationToken cancellationToken)
    {
        if (CheckEncryption(input) is { } refused)
            return refused;
        var version = input.KeyVersion == 0 ? Key.Latest : input.KeyVersion;
        if (await VersionAsync(version, cancellationToken) is not { } found)
            return TransitFailures.VersionMissing;
        return new Ciphertext(
            version, VersionCipher.Encrypt(Key, found.Key, plaintext.Span, input.Context.Span, input.AssociatedData.Span));
    }

    /// <summary>Decrypts. The caller wipes the plaintext.</summary>
    public async ValueTask<Outcome<byte[]>> DecryptAsync(Ciphertext ciphertext, CipherInput input, CancellationToken cancellationToken)
    {
        if (CheckDecryption(ciphertext.Version, input) is { } refused)
            return refused;
        if (await VersionAsync(ciphertext.Version, cancellationToken) is not { } found)
            return TransitFailures.VersionMissing;
        var plaintext = new byte[ciphertext.Bytes.Length - VersionCipher.Overhead];
        return VersionCipher.TryDecrypt(Key, found.Key, ciphertext.Bytes, input.Context.Span, input.AssociatedData.Span, plaintext)
            ? plaintext
            : TransitFailures.NotAuthentic;
    }

    private Failure? CheckEncryption(CipherInput input)
    {
        var version = input.KeyVersion;
        if (version < 0)
            return Refused("requested version for encryption is negative");
        if (version > Key.Latest)
            return Refused("requested version for encryption is higher than the latest key version");
        if (version > 0 && version < Key.MinEncryption)
            return Refused("requested version for encryption is less than the minimum encryption key version");
        if (version > 0 && version < Key.MinDecryption)
            return Refused("requested version for encryption is less than the minimum decryption version, so nothing would decrypt the result");
        if (Key.Derived && input.Context.IsEmpty)
            return TransitFailures.ContextRequired;
        return Key.Convergent && !input.AssociatedData.IsEmpty ? TransitFailures.NoAssociatedDataWhenConvergent : null;
    }

    private Failure? CheckDecryption(int version, CipherInput input)
    {
        if (version > Key.Latest)
            return Refused("invalid ciphertext: version is too new");
        if (version < Key.MinDecryption)
            return Refused("ciphertext or signature version is disallowed by policy (too old)");
        return Key.Derived && input.Context.IsEmpty ? TransitFailures.ContextRequired : null;
    }

    private ValueTask<VersionRecord?> VersionAsync(int version, CancellationToken cancellationToken) =>
        fresh is not null ? new(fresh) : TransitStore.ReadVersionAsync(storage, Key.Id, version, cancellationToken);

    private static Failure Refused(string why) => Failure.Invalid("transit.invalid_version", why);
}
