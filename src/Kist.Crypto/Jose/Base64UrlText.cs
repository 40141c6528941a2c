using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Kist.Crypto.Jose;

/// <summary>
/// base64url as JOSE has it: no padding, no white space, and the bits that are left over are zero. The base library takes more forms, and so would
/// take one token in several spellings.
/// </summary>
public static class Base64UrlText
{
    private static readonly byte[] Alphabet = [.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8];
    private static readonly SearchValues<byte> Letters = SearchValues.Create(Alphabet);

    /// <summary>The bytes; null when the text is not in that form.</summary>
    public static byte[]? TryDecode(ReadOnlySpan<byte> text)
    {
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Letters))
            return null;
        var unused = (text.Length % 4) switch
        {
            2 => 0b1111,
            3 => 0b11,
            _ => 0,
        };
        if (unused != 0 && (Alphabet.AsSpan().IndexOf(text[^1]) & unused) != 0)
            return null;
        return Base64Url.DecodeFromUtf8(text);
    }

    /// <summary>The bytes; null when the text is not in that form.</summary>
    public static byte[]? TryDecode(string text) => TryDecode(Encoding.UTF8.GetBytes(text));
}
