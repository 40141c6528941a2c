using System.Security.Cryptography;
using System.Text;
using Kist.Commands.Cli;
using Kist.Kubernetes.Etcd;

namespace Kist.Commands.Etcd;

/// <summary>The value that <c>etcd search</c> looks for, from wherever it comes.</summary>
internal static class SearchValue
{
    // What may stand around a value: a byte order mark, the end of a line, and a byte that shows that the bound is passed.
    private const int MostAround = 3 + 2 + 1;

    // Files of Windows say by their first bytes that they are UTF-16.
    private static readonly (byte[] Mark, Encoding Encoding, string Name)[] Wide =
    [
        ([0xFF, 0xFE], new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true), "UTF-16"),
        ([0xFE, 0xFF], new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true), "big-endian UTF-16"),
    ];

    /// <summary>Reads it, without the end of its last line.</summary>
    /// <exception cref="ExitException">It is too short or too long, or cannot be read.</exception>
    public static async Task<SearchPatterns> ReadAsync(Invocation call, CancellationToken cancellation)
    {
        var bytes = await BytesAsync(call, cancellation);
        var (text, wide) = Plain(bytes, call.Host);
        try
        {
            var value = text.AsSpan().TrimEnd("\r\n"u8);
            return value.Length switch
            {
                < SearchPatterns.LeastBytes => throw ExitException.Usage(
                    $"the value has fewer than {SearchPatterns.LeastBytes} bytes: it would be found everywhere by chance"),
                > SearchPatterns.MostBytes => throw TooLong(),
                _ => new SearchPatterns(value, wide.IsEmpty ? default : wide.Span[..^(2 * (text.Length - value.Length))]),
            };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
            CryptographicOperations.ZeroMemory(text);
        }
    }

    // Editors put such marks before a text; the password has none. Bytes that only look like one are a value of their own. A file of wide characters
    // lies in etcd as it is where kubectl took it in (--from-file), and as the text where a person did: both are the value.
    private static (byte[] Text, ReadOnlyMemory<byte> Wide) Plain(byte[] bytes, CliHost host)
    {
        var utf8Mark = Encoding.UTF8.Preamble;
        if (bytes.AsSpan().StartsWith(utf8Mark))
        {
            host.Tell("Note: the value began with a byte order mark, which was left out.");
            return (bytes[utf8Mark.Length..], default);
        }
        foreach (var (mark, encoding, name) in Wide)
        {
            if (!bytes.AsSpan().StartsWith(mark) || FromWide(bytes.AsSpan(mark.Length), encoding) is not { } text)
                continue;
            host.Tell($"Note: the value was given in {name}, as its byte order mark says, and is searched for in that and in UTF-8.");
            return (text, bytes.AsMemory(mark.Length));
        }
        return (bytes, default);
    }

    private static byte[]? FromWide(ReadOnlySpan<byte> wide, Encoding encoding)
    {
        var chars = new char[wide.Length / 2];
        try
        {
            return wide.Length % 2 == 0 && encoding.GetChars(wide, chars) == chars.Length ? Encoding.UTF8.GetBytes(chars) : null;
        }
        // These bytes are no text.
        catch (DecoderFallbackException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(chars.AsSpan()));
        }
    }

    private static async Task<byte[]> BytesAsync(Invocation call, CancellationToken cancellation) => call.Argument(0) switch
    {
        null when call.Host.InputIsTerminal => Encoding.UTF8.GetBytes(await call.Host.AskSecret("Value (will be hidden): ", cancellation)),
        null or "-" => await ReadAsync(call.Host.Input, cancellation),
        ['@', .. var path] => await FileAsync(path, cancellation),
        _ => throw ExitException.Usage(
            "a value is never an argument, which other users of the machine can see: give - for standard input, @file, or nothing to be asked"),
    };

    private static async Task<byte[]> FileAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await ReadAsync(file, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw ExitException.Failed($"cannot read {path}: {e.Message}");
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellation)
    {
        var bytes = new byte[SearchPatterns.MostBytes + MostAround];
        try
        {
            var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            return count < bytes.Length ? bytes.AsSpan(0, count).ToArray() : throw TooLong();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static ExitException TooLong() =>
        ExitException.Usage($"the value has more than {SearchPatterns.MostBytes} bytes, which no object in etcd holds: give a part of it");
}
