using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using Kist.Core.Namespaces;
using Kist.Crypto;

namespace Kist.Core.Tokens;

/// <summary>
/// The form of token ids: <c>kst_s_</c> (service), <c>kst_b_</c> (batch) or <c>kst_w_</c> (wrapping), then outside the root namespace its id in 11
/// base62 digits and a dot, then the body, then the CRC-32 of all before it in 6 base62 digits. A service or wrapping body is 33 random base62 digits
/// (196 bits); a batch body is the encrypted token in base64url. Any other text is a custom id of the root namespace. The checksum is for secret
/// scanners and never decides whether a token is valid.
/// </summary>
public readonly ref struct TokenId
{
    /// <summary>What every id that is not custom begins with.</summary>
    public const string Prefix = "kst_";

    private const int MarkLength = 6;
    private const int NamespaceDigits = 11;
    private const int RandomDigits = 33;
    private const int ChecksumDigits = 6;

    private TokenId(TokenType type, NamespaceId ns, ReadOnlySpan<byte> body)
    {
        Type = type;
        Namespace = ns;
        Body = body;
    }

    /// <summary>What kind of token the id claims to be; a custom id is a service token's.</summary>
    public TokenType Type { get; }

    /// <summary>The namespace to look in.</summary>
    public NamespaceId Namespace { get; }

    /// <summary>The part between namespace and checksum; of a custom id all of it.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>A new random id of a service or wrapping token.</summary>
    public static SecretText New(TokenType type, NamespaceId ns)
    {
        Span<byte> body = stackalloc byte[RandomDigits];
        RandomNumberGenerator.GetItems(Base62.Digits, body);
        var id = Compose(type, ns, body);
        CryptographicOperations.ZeroMemory(body);
        return id;
    }

    /// <summary>The id of a batch token: the encrypted token itself.</summary>
    public static SecretText OfBatch(NamespaceId ns, ReadOnlySpan<byte> sealedToken) =>
        Compose(TokenType.Batch, ns, Base64Url.EncodeToUtf8(sealedToken));

    /// <summary>Takes any bytes apart. Never fails: what has not the form of an id is a custom id.</summary>
    public static TokenId Parse(ReadOnlySpan<byte> id)
    {
        var custom = new TokenId(TokenType.Service, NamespaceId.Root, id);
        if (id.Length < MarkLength + RandomDigits + ChecksumDigits || !id.StartsWith("kst_"u8) || id[MarkLength - 1] != '_')
            return custom;
        TokenType? type = id[MarkLength - 2] switch
        {
            (byte)'s' => TokenType.Service,
            (byte)'b' => TokenType.Batch,
            (byte)'w' => TokenType.Wrapping,
            _ => null,
        };
        if (type is not { } known)
            return custom;
        var rest = id[MarkLength..];
        if (rest[NamespaceDigits] != '.')
            return new TokenId(known, NamespaceId.Root, rest[..^ChecksumDigits]);
        if (!Base62.TryRead(rest[..NamespaceDigits], out var ns) || rest.Length <= NamespaceDigits + 1 + ChecksumDigits)
            return custom;
        return new TokenId(known, new NamespaceId(ns), rest[(NamespaceDigits + 1)..^ChecksumDigits]);
    }

    /// <summary>True when a custom id would look like one of this server's.</summary>
    public static bool IsReserved(ReadOnlySpan<byte> id) => id.StartsWith("kst_"u8);

    /// <summary>True when the id has the form of this server's and its checksum fits: what a secret scanner asks.</summary>
    public static bool HasChecksum(ReadOnlySpan<byte> id)
    {
        if (id.Length < MarkLength + RandomDigits + ChecksumDigits || !id.StartsWith("kst_"u8))
            return false;
        Span<byte> expected = stackalloc byte[ChecksumDigits];
        Base62.Write(Crc32.Of(id[..^ChecksumDigits]), expected);
        return CryptographicOperations.FixedTimeEquals(expected, id[^ChecksumDigits..]);
    }

    private static SecretText Compose(TokenType type, NamespaceId ns, ReadOnlySpan<byte> body)
    {
        var scope = ns == NamespaceId.Root ? 0 : NamespaceDigits + 1;
        var id = new byte[MarkLength + scope + body.Length + ChecksumDigits];
        var mark = type switch
        {
            TokenType.Service => "kst_s_"u8,
            TokenType.Batch => "kst_b_"u8,
            TokenType.Wrapping => "kst_w_"u8,
            _ => throw new UnreachableException(),
        };
        mark.CopyTo(id);
        if (scope > 0)
        {
            Base62.Write(ns.Value, id.AsSpan(MarkLength, NamespaceDigits));
            id[MarkLength + NamespaceDigits] = (byte)'.';
        }
        body.CopyTo(id.AsSpan(MarkLength + scope));
        Base62.Write(Crc32.Of(id.AsSpan(0, id.Length - ChecksumDigits)), id.AsSpan(id.Length - ChecksumDigits));
        var secret = new SecretText(id);
        CryptographicOperations.ZeroMemory(id);
        return secret;
    }
}
