using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Client.Templates.Values;

/// <summary>
/// Go's strings are bytes, so that a template can decode a key store and write it. Here a byte that is no valid UTF-8 is kept as one half of a
/// surrogate pair (U+DC80 to U+DCFF), which valid text never has alone.
/// </summary>
internal static class GoText
{
    /// <summary>The text of bytes, valid UTF-8 or not.</summary>
    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
                bytes = bytes[length..];
            }
            else
            {
                text.Append((char)(0xdc00 + bytes[0]));
                bytes = bytes[1..];
            }
        }
        return text.ToString();
    }

    /// <summary>The bytes of a text.</summary>
    public static byte[] ToBytes(string text)
    {
        if (!HasLoneSurrogate(text))
            return Encoding.UTF8.GetBytes(text);
        var bytes = new ArrayBufferWriter<byte>(text.Length);
        Span<byte> buffer = stackalloc byte[4];
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var isValid = Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done;
            if (!isValid && rest[0] is >= '\udc80' and <= '\udcff')
                bytes.Write([(byte)(rest[0] - 0xdc00)]);
            else
                bytes.Write(buffer[..(isValid ? rune : Rune.ReplacementChar).EncodeToUtf8(buffer)]);
            rest = rest[length..];
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>The text as a secret, which can be wiped.</summary>
    public static SecretText ToSecret(string text)
    {
        var bytes = ToBytes(text);
        try
        {
            return new SecretText(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>How many bytes a text has, which is what Go calls its length.</summary>
    public static int Length(string text)
    {
        if (!HasLoneSurrogate(text))
            return Encoding.UTF8.GetByteCount(text);
        return ToBytes(text).Length;
    }

    /// <summary>How many characters (code points, invalid bytes counted singly) a text has.</summary>
    public static int RuneCount(string text)
    {
        var pairs = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text[i - 1], text[i]))
                pairs++;
        }
        return text.Length - pairs;
    }

    /// <summary>Whether a place is one of a surrogate pair's two.</summary>
    public static bool IsPaired(string text, int index) =>
        (index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]))
        || (index > 0 && char.IsSurrogatePair(text[index - 1], text[index]));

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !IsPaired(text, i))
                return true;
        }
        return false;
    }
}

/// <summary>Orders texts by their bytes, as Go does.</summary>
internal sealed class GoOrder : IComparer<string>
{
    public static GoOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
            return string.CompareOrdinal(x, y);
        var shorter = Math.Min(x.Length, y.Length);
        for (var i = 0; i < shorter; i++)
        {
            if (x[i] != y[i])
                return Weight(x[i]).CompareTo(Weight(y[i]));
        }
        return x.Length.CompareTo(y.Length);
    }

    // In UTF-16, pairs come before U+E000 and above; in UTF-8 behind.
    private static int Weight(char c) => c switch
    {
        >= '\ue000' => c - 0x800,
        >= '\ud800' => c + 0x2000,
        _ => c,
    };
}
