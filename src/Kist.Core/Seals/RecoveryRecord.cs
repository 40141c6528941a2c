using System.Security.Cryptography;
using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Namespaces;
using Kist.Crypto;

namespace Kist.Core.Seals;

/// <summary>
/// The entry <c>core/recovery</c> behind the barrier, so that nobody with the store alone can name himself the holder: what proves the recovery key.
/// </summary>
internal sealed record RecoveryRecord
{
    public const string Path = "core/recovery";

    public int Schema { get; init; } = 1;

    public required int Shares { get; init; }

    public required int Threshold { get; init; }

    /// <summary>SHA-256 of the recovery key, which is 32 random bytes.</summary>
    public required byte[] KeyHash { get; init; }

    /// <summary>The record of a new recovery key.</summary>
    public static RecoveryRecord For(SecretBytes key, int shares, int threshold) =>
        new() { Shares = shares, Threshold = threshold, KeyHash = SHA256.HashData(key.Span) };

    /// <summary>
    /// Reads the record of an auto-unsealed server past any cache, as a range: shares that another node has just replaced must not count here any more.
    /// </summary>
    public static async Task<StoredRecord<RecoveryRecord>> ReadAsync(BarrierStore barrier, CancellationToken cancellationToken)
    {
        var found = await barrier.System(NamespaceId.Root).RangeAsync(Path, "", limit: 1, cancellationToken);
        return found is [(Path, var (value, revision))] && JsonSerializer.Deserialize(value.Span, SealJson.Default.RecoveryRecord) is { } record
            ? new StoredRecord<RecoveryRecord>(record, revision)
            : throw new InvalidOperationException("an auto-unsealed store without a recovery key");
    }

    /// <summary>True for the recovery key.</summary>
    public bool Proves(SecretBytes key) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(key.Span), KeyHash);

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, SealJson.Default.RecoveryRecord);
}
