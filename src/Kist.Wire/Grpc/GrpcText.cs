using System.Globalization;
using System.Text;

namespace Kist.Wire.Grpc;

/// <summary>The value of <c>grpc-message</c>: UTF-8 with everything but printable ASCII in percent form.</summary>
internal static class GrpcText
{
    // Peers bound the size of all headers, often to 8 KiB; a longer text would cost the status.
    private const int MostBytes = 2048;

    public static string Encode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var encoded = new StringBuilder(bytes.Length);
        foreach (var b in bytes)
        {
            if (encoded.Length >= MostBytes)
                break;
            if (b is >= 0x20 and <= 0x7E and not (byte)'%')
                encoded.Append((char)b);
            else
                encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }
        return encoded.ToString();
    }

    /// <summary>What is not in percent form stays as it is; what is no UTF-8 becomes the replacement character.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%', StringComparison.Ordinal))
            return encoded;
        var bytes = new List<byte>(encoded.Length);
        for (var rest = encoded.AsSpan(); !rest.IsEmpty;)
        {
            if (rest is ['%', _, _, ..] && byte.TryParse(rest.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                rest = rest[3..];
            }
            else
            {
                // To the next sign, so that no pair of surrogates is torn.
                var next = rest[1..].IndexOf('%');
                var plain = next < 0 ? rest : rest[..(next + 1)];
                bytes.AddRange(Encoding.UTF8.GetBytes(plain.ToArray()));
                rest = rest[plain.Length..];
            }
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
