using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Kist.Crypto;

namespace Kist.Hosting.Agent.Local.Cache;

/// <summary>Names requests and tokens in the cache by hashes: equal requests, by the same token, have the same answer.</summary>
internal static class CacheKey
{
    // What these say does not change an answer with a lease, and changes from request to request.
    private static readonly string[] Apart = ["User-Agent", "X-Vault-Index", "X-Vault-Forward", "X-Vault-Inconsistent", "Traceparent", "Tracestate", "X-Request-Id"];

    /// <summary>A request's.</summary>
    public static string Of(ProxyRequest request)
    {
        var hash = new ArrayBufferWriter<byte>();
        Add(hash, request.Method == "PUT" ? "POST" : request.Method);
        Add(hash, request.Path);
        Add(hash, request.Query);
        Add(hash, request.Namespace);
        Add(hash, request.Token is { } token ? token.Utf8 : default);
        Add(hash, request.Body is { } body ? body.Span : default);
        var headers = request.Headers
            .Where(static h => !Apart.Contains(h.Key, StringComparer.OrdinalIgnoreCase))
            .Select(static h => $"{h.Key.ToUpperInvariant()}: {h.Value}").Order(StringComparer.Ordinal);
        foreach (var header in headers)
            Add(hash, header);
        return Convert.ToHexStringLower(SHA256.HashData(hash.WrittenSpan));
    }

    /// <summary>A token's; empty for none.</summary>
    public static string Of(SecretText? token) => token is null ? "" : Convert.ToHexStringLower(SHA256.HashData(token.Utf8));

    private static void Add(ArrayBufferWriter<byte> hash, string text) => Add(hash, Encoding.UTF8.GetBytes(text));

    // With its length: no two requests run into each other.
    private static void Add(ArrayBufferWriter<byte> hash, ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.Write(length);
        hash.Write(bytes);
    }
}
