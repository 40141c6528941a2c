namespace Kist.Core.Tokens;

/// <summary>
/// CRC-32 as in zip and PNG (ISO-HDLC, reflected polynomial 0xEDB88320). Finds typing errors and false alarms of scanners; secures nothing.
/// </summary>
internal static class Crc32
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
        }
        return ~crc;
    }
}
