using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;

namespace Kist.Core.Tokens;

/// <summary>
/// Where the tokens of one namespace lie in the store, and which entries change together. Key names hold keyed hashes only: a stolen store shows
/// no id and no accessor.
/// <code>
/// token/id/HASH                 the entry
/// token/accessor/HASH           accessor → token
/// token/parent/PARENT/CHILD     the children of a token
/// token/expiry/DUE/HASH         by time of expiry, in order
/// token/revoking/HASH           a revoked token whose children and cubbyhole are still to go
/// token/wrapped/HASH            the answer that a wrapping token opens
/// token/cubbyhole/HASH/…        the token's own secrets
/// token/role/NAME               token roles
/// </code>
/// </summary>
internal sealed class TokenRecords
{
    /// <summary>Most entries that <see cref="Remove"/> changes.</summary>
    public const int ChangesOfRemove = 5;

    private readonly BarrierStore barrier;
    private readonly StorageView root;

    public TokenRecords(BarrierStore barrier, NamespaceId ns)
    {
        this.barrier = barrier;
        Namespace = ns;
        root = barrier.System(ns).Folder("token/");
        Ids = root.Folder("id/");
        Accessors = root.Folder("accessor/");
        Parents = root.Folder("parent/");
        Expiry = root.Folder("expiry/");
        Revoking = root.Folder("revoking/");
        Wrapped = root.Folder("wrapped/");
        Roles = root.Folder("role/");
    }

    public NamespaceId Namespace { get; }

    public StorageView Ids { get; }

    public StorageView Accessors { get; }

    public StorageView Parents { get; }

    public StorageView Expiry { get; }

    public StorageView Revoking { get; }

    public StorageView Wrapped { get; }

    public StorageView Roles { get; }

    /// <summary>The children of a token, by hash.</summary>
    public StorageView Children(string hash) => Parents.Folder(hash + "/");

    /// <summary>A token's own secrets.</summary>
    public StorageView Cubbyhole(string hash) => root.Folder($"cubbyhole/{hash}/");

    /// <summary>Keyed hash of an id or accessor in hex.</summary>
    public string Hash(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        barrier.HashToken(secret, hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>True for what <see cref="Hash"/> can answer; other texts name no token, and may be too long for a key.</summary>
    public static bool IsHash(string text) =>
        text.Length == 2 * HMACSHA256.HashSizeInBytes && text.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f');

    public string HashAccessor(string accessor) => Hash(Encoding.UTF8.GetBytes(accessor));

    /// <summary>Where the expiry index has a token: due time in ticks, in hex, so that byte order is time order.</summary>
    public static string ExpiryKey(DateTimeOffset due, string hash) => $"{due.UtcTicks.ToString("x16", CultureInfo.InvariantCulture)}/{hash}";

    /// <summary>Takes an <see cref="ExpiryKey"/> apart.</summary>
    public static (DateTimeOffset Due, string Hash) ParseExpiryKey(string key) =>
        (new DateTimeOffset(long.Parse(key.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), TimeSpan.Zero), key[17..]);

    /// <summary>Reads an entry, alive or not.</summary>
    public async ValueTask<StoredToken?> ReadAsync(string hash, CancellationToken cancellationToken) =>
        await Ids.ReadRecordAsync(hash, TokenJson.Default.TokenEntry, cancellationToken) is { } stored
            ? new StoredToken(Namespace, hash, stored.Record, stored.Revision)
            : null;

    public Transaction Begin() => Ids.Begin();

    /// <summary>Adds a new token with its indexes.</summary>
    public void Add(Transaction transaction, string hash, TokenEntry entry)
    {
        transaction.Require(Ids, hash, 0).Put(Ids, hash, entry, TokenJson.Default.TokenEntry);
        AddAccessor(transaction, hash, entry);
        if (entry.ParentHash.Length > 0)
            transaction.Put(Children(entry.ParentHash), hash, Array.Empty<byte>());
        if (entry.ExpiresAt is { } due)
            transaction.Put(Expiry, ExpiryKey(due, hash), Array.Empty<byte>());
    }

    public void AddAccessor(Transaction transaction, string hash, TokenEntry entry) => transaction.Put(
        Accessors,
        HashAccessor(entry.Accessor),
        new AccessorRecord { Accessor = entry.Accessor, TokenHash = hash },
        TokenJson.Default.AccessorRecord);

    /// <summary>Changes an entry that nobody else has changed meanwhile, and moves it in the expiry index.</summary>
    public void Replace(Transaction transaction, StoredToken old, TokenEntry entry)
    {
        transaction.Require(Ids, old.Hash, old.Revision).Put(Ids, old.Hash, entry, TokenJson.Default.TokenEntry);
        if (old.Entry.ExpiresAt == entry.ExpiresAt)
            return;
        RemoveExpiry(transaction, old);
        if (entry.ExpiresAt is { } due)
            transaction.Put(Expiry, ExpiryKey(due, old.Hash), Array.Empty<byte>());
    }

    /// <summary>Revokes a token at once and leaves the mark by which the rest of its tree is found.</summary>
    public void Remove(Transaction transaction, StoredToken token)
    {
        transaction.Require(Ids, token.Hash, token.Revision).Delete(Ids, token.Hash);
        RemoveIndexes(transaction, token);
        if (token.Entry.Type == TokenType.Wrapping)
            transaction.Delete(Wrapped, token.Hash);
        else
            transaction.Put(Revoking, token.Hash, new RevocationMark(), TokenJson.Default.RevocationMark);
    }

    /// <summary>Revokes a token at once but leaves its trace, so that its children stay valid until they are orphans.</summary>
    public void RemoveKeepingChildren(Transaction transaction, StoredToken token)
    {
        var trace = new TokenEntry { Type = token.Entry.Type, Revoked = true };
        transaction.Require(Ids, token.Hash, token.Revision).Put(Ids, token.Hash, trace, TokenJson.Default.TokenEntry);
        RemoveIndexes(transaction, token);
        transaction.Put(Revoking, token.Hash, new RevocationMark { KeepsChildren = true }, TokenJson.Default.RevocationMark);
    }

    /// <summary>Takes a token out of its tree.</summary>
    public void MakeOrphan(Transaction transaction, StoredToken token)
    {
        transaction.Delete(Children(token.Entry.ParentHash), token.Hash);
        Replace(transaction, token, token.Entry with { ParentHash = "" });
    }

    private void RemoveIndexes(Transaction transaction, StoredToken token)
    {
        if (token.Entry.Accessor.Length > 0)
            transaction.Delete(Accessors, HashAccessor(token.Entry.Accessor));
        if (token.Entry.ParentHash.Length > 0)
            transaction.Delete(Children(token.Entry.ParentHash), token.Hash);
        RemoveExpiry(transaction, token);
    }

    private void RemoveExpiry(Transaction transaction, StoredToken token)
    {
        if (token.Entry.ExpiresAt is { } due)
            transaction.Delete(Expiry, ExpiryKey(due, token.Hash));
    }
}

/// <summary>Leads from an accessor to its token.</summary>
internal sealed record AccessorRecord
{
    public int Schema { get; init; } = 1;

    public string Accessor { get; init; } = "";

    public string TokenHash { get; init; } = "";
}

/// <summary>Marks a revoked token whose cubbyhole and children are still to go.</summary>
internal sealed record RevocationMark
{
    public int Schema { get; init; } = 1;

    /// <summary>The children become orphans instead of going too.</summary>
    public bool KeepsChildren { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TokenEntry))]
[JsonSerializable(typeof(AccessorRecord))]
[JsonSerializable(typeof(RevocationMark))]
[JsonSerializable(typeof(TokenRole))]
[JsonSerializable(typeof(BatchToken))]
internal sealed partial class TokenJson : JsonSerializerContext;
