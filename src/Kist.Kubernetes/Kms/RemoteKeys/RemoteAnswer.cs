using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Kist.Crypto;

namespace Kist.Kubernetes.Kms.RemoteKeys;

/// <summary>An answer. Its body may hold a key, and is wiped on disposal: texts that were taken from it stay, elements do not.</summary>
internal sealed class RemoteAnswer : IDisposable
{
    // Many times a local key, and little enough for the stack.
    private const int MostSecret = 1024;

    private readonly SecretBuffer body;
    private readonly JsonDocument? document;

    /// <summary>Takes over <paramref name="body"/>.</summary>
    public RemoteAnswer(HttpStatusCode status, SecretBuffer body)
    {
        Status = status;
        this.body = body;
        try
        {
            document = JsonDocument.Parse(body.WrittenMemory);
        }
        catch (JsonException)
        {
            // No JSON: nothing is found in it.
        }
    }

    /// <summary>Its status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>True for 2xx.</summary>
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>True for a JSON object, as every interface of a remote key answers. A proxy's page is none.</summary>
    public bool IsObject => document?.RootElement.ValueKind == JsonValueKind.Object;

    /// <summary>A text below objects; null when it is not there.</summary>
    public string? Text(params ReadOnlySpan<string> path) => Find(path) is { ValueKind: JsonValueKind.String } found ? found.GetString() : null;

    /// <summary>A whole number below objects; null when it is not there.</summary>
    public long? Number(params ReadOnlySpan<string> path) =>
        Find(path) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var number) ? number : null;

    /// <summary>What stands below objects; null when it is not there.</summary>
    public JsonElement? Find(params ReadOnlySpan<string> path)
    {
        if (document is null)
            return null;
        var at = document.RootElement;
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
                return null;
        }
        return at;
    }

    /// <summary>The bytes of a base64 text; null when there is none.</summary>
    public byte[]? Bytes(params ReadOnlySpan<string> path) =>
        Find(path) is { ValueKind: JsonValueKind.String } text && text.TryGetBytesFromBase64(out var bytes) ? bytes : null;

    /// <summary>The key in a base64 text, decoded from the answer without a copy in between; null when there is none.</summary>
    public SecretBytes? Secret(params ReadOnlySpan<string> path) => Decode(Find(path), static (text, bytes) =>
        Base64.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done ? written : null);

    /// <summary>The same for base64url without padding.</summary>
    public SecretBytes? UrlSecret(params ReadOnlySpan<string> path) => Decode(Find(path), static (text, bytes) =>
        Base64Url.DecodeFromUtf8(text, bytes, out _, out var written) == OperationStatus.Done ? written : null);

    /// <inheritdoc/>
    public override string ToString() => $"{(int)Status} [redacted]";

    /// <inheritdoc/>
    public void Dispose()
    {
        document?.Dispose();
        body.Dispose();
    }

    private static SecretBytes? Decode(JsonElement? found, Func<ReadOnlySpan<byte>, Span<byte>, int?> decode)
    {
        if (found is not { ValueKind: JsonValueKind.String } element)
            return null;
        var text = JsonMarshal.GetRawUtf8Value(element)[1..^1];
        if (text.Length > MostSecret)
            return null;
        Span<byte> plain = stackalloc byte[MostSecret];
        Span<byte> bytes = stackalloc byte[MostSecret];
        try
        {
            return Unescape(text, plain) is { } length && decode(plain[..length], bytes) is { } written ? new SecretBytes(bytes[..written]) : null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    // Some servers write the padding as \u003d, and may write a slash as \/. Nothing else in base64 needs an escape.
    private static int? Unescape(ReadOnlySpan<byte> text, Span<byte> plain)
    {
        var length = 0;
        while (!text.IsEmpty)
        {
            var taken = 1;
            if (text[0] != (byte)'\\')
                plain[length] = text[0];
            else if (text.StartsWith("\\/"u8))
                (plain[length], taken) = ((byte)'/', 2);
            else if (text.StartsWith("\\u00"u8) && text.Length >= 6 && Utf8Parser.TryParse(text.Slice(4, 2), out byte code, out var read, 'X') && read == 2)
                (plain[length], taken) = (code, 6);
            else
                return null;
            length++;
            text = text[taken..];
        }
        return length;
    }
}
