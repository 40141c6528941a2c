using System.Globalization;
using System.Text;

namespace Kist.Wire.Http;

/// <summary>Percent-encoded text of request targets (RFC 3986 section 2.1).</summary>
public static class PercentEncoding
{
    /// <summary>Decodes escapes of UTF-8; a plus sign is one.</summary>
    /// <param name="raw">As sent.</param>
    /// <param name="text">The text; empty when it is none.</param>
    /// <returns>False for characters beyond ASCII, an escape that is none, and what is not UTF-8 when decoded.</returns>
    public static bool TryDecode(ReadOnlySpan<char> raw, out string text)
    {
        text = "";
        if (!Ascii.IsValid(raw))
            return false;
        if (!raw.Contains('%'))
        {
            text = raw.ToString();
            return true;
        }
        var bytes = new byte[raw.Length];
        var count = 0;
        while (!raw.IsEmpty)
        {
            var escaped = raw[0] == '%';
            if (!escaped)
                bytes[count++] = (byte)raw[0];
            else if (raw.Length >= 3 && byte.TryParse(raw[1..3], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                bytes[count++] = value;
            else
                return false;
            raw = raw[(escaped ? 3 : 1)..];
        }
        var utf8 = bytes.AsSpan(0, count);
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
            return false;
        text = Encoding.UTF8.GetString(utf8);
        return true;
    }
}
