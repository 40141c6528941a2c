using System.Text.Json;

namespace Kist.Crypto.Jose;

/// <summary>
/// A JSON Web Signature in compact form, taken apart and not verified yet. Its header chooses an algorithm among those that exist here and may name a
/// key; where keys come from it cannot choose: <c>jku</c>, <c>x5u</c>, <c>jwk</c> and <c>x5c</c> are not read. Prints nothing of the token.
/// </summary>
public sealed class Jws
{
    /// <summary>Longest token, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    private const byte Dot = (byte)'.';

    private readonly byte[] signed;
    private readonly byte[] signature;

    private Jws(JwsAlgorithm algorithm, string? keyId, byte[] payload, byte[] signed, byte[] signature)
    {
        (Algorithm, KeyId, Payload) = (algorithm, keyId, payload);
        (this.signed, this.signature) = (signed, signature);
    }

    /// <summary>How it says that it is signed.</summary>
    public JwsAlgorithm Algorithm { get; }

    /// <summary>The name of the key; null for none.</summary>
    public string? KeyId { get; }

    /// <summary>What is signed. Worth nothing before a key has verified it.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Takes a token apart.</summary>
    /// <param name="compact">The token, without white space around it.</param>
    /// <param name="fault">What is wrong with it, without anything of it; empty when nothing is.</param>
    /// <returns>Null when something is wrong.</returns>
    public static Jws? TryParse(ReadOnlySpan<byte> compact, out string fault)
    {
        if (compact.Length > MaxBytes)
            return Refuse($"is longer than {MaxBytes} bytes", out fault);
        if (compact.Count(Dot) != 2)
            return Refuse("is not a signed token in compact form, which has three parts with dots between them", out fault);
        var first = compact.IndexOf(Dot);
        var last = compact.LastIndexOf(Dot);
        if (first == 0 || last == compact.Length - 1)
            return Refuse("has no header or no signature", out fault);
        if (Base64UrlText.TryDecode(compact[..first]) is not { } header
            || Base64UrlText.TryDecode(compact[(first + 1)..last]) is not { } payload
            || Base64UrlText.TryDecode(compact[(last + 1)..]) is not { } signature)
        {
            return Refuse("has a part that is not base64url without padding", out fault);
        }
        if (!StrictJson.TryParseObject(header, out var members))
            return Refuse("has a header that is not one JSON object without repeated names", out fault);
        if (!TryReadHeader(members, out var algorithm, out var keyId, out fault))
            return null;
        return new Jws(algorithm!, keyId, payload, compact[..last].ToArray(), signature);
    }

    /// <summary>True when the key takes the algorithm and its owner has signed the token.</summary>
    public bool IsSignedBy(VerificationKey key) => key.Takes(Algorithm) && key.Verify(Algorithm, signed, signature);

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    private static bool TryReadHeader(JsonElement header, out JwsAlgorithm? algorithm, out string? keyId, out string fault)
    {
        (algorithm, keyId, fault) = (null, null, "");
        // What it lists must be understood, and no extension is.
        if (header.TryGetProperty("crit", out _))
            fault = "has a header that demands extensions (\"crit\")";
        else if (StrictJson.Text(header, "alg") is not { } name || JwsAlgorithm.Find(name) is not { } found)
            fault = $"is not signed by one of the algorithms {string.Join(", ", JwsAlgorithm.All)}";
        else if (header.TryGetProperty("kid", out var kid) && kid.ValueKind != JsonValueKind.String)
            fault = "has a \"kid\" that is no text";
        else
            (algorithm, keyId) = (found, StrictJson.Text(header, "kid"));
        return fault.Length == 0;
    }

    private static Jws? Refuse(string why, out string fault)
    {
        fault = why;
        return null;
    }
}
