using System.Text.Json;
using Kist.Wire;

namespace Kist.Engines.Kv.V1;

/// <summary>
/// Finds the field <c>ttl</c>, or else <c>lease</c>, by which the writer of a v1 secret says how often it should be read again. A value that is no
/// duration counts as none: the field is the user's own data.
/// </summary>
internal static class LifetimeField
{
    // The answer's lease_duration is a whole number of seconds; a longer wish than this is no wish.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(int.MaxValue);

    /// <summary>The lifetime in a JSON object; null for none.</summary>
    public static TimeSpan? Find(ReadOnlySpan<byte> data)
    {
        TimeSpan? lease = null;
        var reader = new Utf8JsonReader(data);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isTtl = reader.ValueTextEquals("ttl"u8);
            var isLease = reader.ValueTextEquals("lease"u8);
            reader.Read();
            if (isTtl)
                return Value(ref reader);
            if (isLease)
                lease = Value(ref reader);
            reader.Skip();
        }
        return lease;
    }

    private static TimeSpan? Value(ref Utf8JsonReader reader)
    {
        TimeSpan? value = reader.TokenType switch
        {
            JsonTokenType.Number when reader.TryGetInt32(out var seconds) => TimeSpan.FromSeconds(seconds),
            JsonTokenType.String when GoDuration.TryParse(reader.GetString()!, out var duration) => duration,
            _ => null,
        };
        return value >= TimeSpan.Zero && value <= Longest ? value : null;
    }
}
