using System.Text.Json;
using Kist.Core.Barrier;
using Kist.Core.Storage;

namespace Kist.Core.Seals;

/// <summary>The entry <c>seal</c> as read, with the revision that a change of it requires.</summary>
internal sealed record SealEntry(SealRecord Record, long Revision)
{
    /// <summary>What holds while nobody else has changed the entry.</summary>
    public Precondition Guard => new(KeyLayout.Seal, Revision);

    /// <summary>Reads it past any cache; null when the store is not initialised.</summary>
    public static async Task<SealEntry?> ReadAsync(IStore store, CancellationToken cancellationToken)
    {
        var entries = await BootstrapEntries.ReadAsync(store, cancellationToken);
        if (!entries.IsInitialized)
            return null;
        try
        {
            if (JsonSerializer.Deserialize(entries.Seal!.Value.Span, SealJson.Default.SealRecord) is { Schema: 1 } record
                && KeyShares.Check(record.Shares, record.Threshold) is null)
                return new SealEntry(record, entries.Seal.Revision);
        }
        catch (JsonException)
        {
            // Reported below, with the key.
        }
        throw new BarrierIntegrityException(KeyLayout.Seal, "is not a record that this version can read");
    }

    public static byte[] Encode(SealRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, SealJson.Default.SealRecord);
}
