using System.Text.Json;

namespace Kist.Crypto.Jose;

/// <summary>Reads JSON Web Key Sets. Keys of kinds that are not known, for encryption, too weak or broken are left out, as the standard wants it.</summary>
public static class JsonWebKeySet
{
    /// <summary>Reads a set.</summary>
    /// <param name="utf8">The JSON.</param>
    /// <param name="fault">What is wrong with it; empty when nothing is.</param>
    /// <returns>Null when something is wrong.</returns>
    public static VerificationKeys? TryParse(ReadOnlySpan<byte> utf8, out string fault)
    {
        fault = "";
        if (!StrictJson.TryParseObject(utf8, out var set) || !set.TryGetProperty("keys", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            fault = "this is no JSON Web Key Set";
            return null;
        }
        var keys = list.EnumerateArray().Where(k => k.ValueKind == JsonValueKind.Object).Select(TryRead).OfType<VerificationKey>().ToList();
        if (keys.Count is > 0 and <= VerificationKeys.MostKeys)
            return new VerificationKeys(keys);
        fault = keys.Count == 0 ? "the key set has no key that verifies signatures" : $"the key set has more than {VerificationKeys.MostKeys} keys";
        return null;
    }

    private static VerificationKey? TryRead(JsonElement key)
    {
        // A private key that is public, and a secret that is none.
        if (key.TryGetProperty("d", out _) || key.TryGetProperty("k", out _) || !IsForSignatures(key))
            return null;
        JwsAlgorithm? only = null;
        if (key.TryGetProperty("alg", out _) && (only = JwsAlgorithm.Find(StrictJson.Text(key, "alg") ?? "")) is null)
            return null;
        var id = StrictJson.Text(key, "kid");
        return StrictJson.Text(key, "kty") switch
        {
            "RSA" when Bytes(key, "n") is { } n && Bytes(key, "e") is { } e => RsaVerificationKey.TryCreate(n, e, id, only),
            "EC" when EcCurve.ByName(StrictJson.Text(key, "crv")) is { } curve && Bytes(key, "x") is { } x && Bytes(key, "y") is { } y =>
                EcVerificationKey.TryCreate(curve, x, y, id, only),
            "OKP" when StrictJson.Text(key, "crv") == "Ed25519" && Bytes(key, "x") is { } x => EdVerificationKey.TryCreate(x, id, only),
            _ => null,
        };
    }

    private static bool IsForSignatures(JsonElement key)
    {
        if (key.TryGetProperty("use", out _) && StrictJson.Text(key, "use") != "sig")
            return false;
        return !key.TryGetProperty("key_ops", out var uses)
            || (uses.ValueKind == JsonValueKind.Array && uses.EnumerateArray().Any(u => u.ValueKind == JsonValueKind.String && u.ValueEquals("verify")));
    }

    private static byte[]? Bytes(JsonElement key, string name) => StrictJson.Text(key, name) is { } text ? Base64UrlText.TryDecode(text) : null;
}
