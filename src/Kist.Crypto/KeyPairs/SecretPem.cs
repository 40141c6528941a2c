using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Kist.Crypto.KeyPairs;

/// <summary>PEM (RFC 7468) of what must not be left in memory, which the runtime's own would leave as a string.</summary>
internal static class SecretPem
{
    // 64 characters a line.
    private const int LineBytes = 48;

    /// <summary>The text, with a line end after the last line: OpenSSH reads no key without.</summary>
    public static SecretText Write(string label, ReadOnlySpan<byte> content)
    {
        using var text = new SecretBuffer();
        text.Write(Encoding.ASCII.GetBytes($"-----BEGIN {label}-----\n"));
        for (var rest = content; rest.Length > 0; rest = rest[Math.Min(LineBytes, rest.Length)..])
        {
            var line = rest[..Math.Min(LineBytes, rest.Length)];
            Base64.EncodeToUtf8(line, text.GetSpan(Base64.GetMaxEncodedToUtf8Length(LineBytes)), out _, out var written);
            text.Advance(written);
            text.Write("\n"u8);
        }
        text.Write(Encoding.ASCII.GetBytes($"-----END {label}-----\n"));
        return new SecretText(text.Written);
    }
}
