using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Hosting;

/// <summary>A key of 32 bytes in a file, raw, in hexadecimal or base64. What is read of it is wiped: no copy stays but the one that is answered.</summary>
internal static class KeyFile
{
    private const int KeyBytes = 32;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    // Hexadecimal with room for white space; a longer file holds no key.
    private const int MostBytes = 256;

    /// <summary>Reads a file; null when it holds no key.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isPrivate">False when its group or others can read or write it.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static SecretBytes? Read(string path, out bool isPrivate)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        isPrivate = (File.GetUnixFileMode(file.SafeFileHandle) & Others) == UnixFileMode.None;
        Span<byte> content = stackalloc byte[MostBytes + 1];
        try
        {
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length > MostBytes ? null : Parse(content[..length]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Reads a text; null when it is no key.</summary>
    public static SecretBytes? Parse(string text)
    {
        Span<byte> content = stackalloc byte[MostBytes];
        try
        {
            return Encoding.UTF8.TryGetBytes(text, content, out var length) ? Decode(content[..length]) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Writes a key in base64, for its owner alone.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static void Write(string path, SecretBytes key)
    {
        Span<byte> line = stackalloc byte[Base64.GetMaxEncodedToUtf8Length(key.Length) + 1];
        try
        {
            Base64.EncodeToUtf8(key.Span, line, out _, out var length);
            line[length++] = (byte)'\n';
            OwnFile.Write(path, line[..length]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
        }
    }

    private static SecretBytes? Parse(ReadOnlySpan<byte> content) => content.Length == KeyBytes ? new SecretBytes(content) : Decode(content);

    private static SecretBytes? Decode(ReadOnlySpan<byte> content)
    {
        var text = content[Ascii.Trim(content)];
        Span<byte> key = stackalloc byte[KeyBytes];
        try
        {
            return IsHex(text, key) || IsBase64(text, key) ? new SecretBytes(key) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static bool IsHex(ReadOnlySpan<byte> text, Span<byte> key) =>
        text.Length == 2 * KeyBytes && Convert.FromHexString(text, key, out _, out _) == OperationStatus.Done;

    private static bool IsBase64(ReadOnlySpan<byte> text, Span<byte> key) =>
        text.Length == 44 && Base64.DecodeFromUtf8(text, key, out _, out var written) == OperationStatus.Done && written == KeyBytes;
}
