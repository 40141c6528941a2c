using System.Text.Json;

namespace Kist.Crypto.Jose;

/// <summary>
/// The claims of a JSON Web Token, read of a payload that was verified. Prints nothing of them.
/// </summary>
public sealed class JwtClaims
{
    // The year 9999: what comes later, no clock can be compared with.
    private static readonly double LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private JwtClaims(JsonElement root) => Root = root;

    /// <summary>All of them.</summary>
    public JsonElement Root { get; }

    /// <summary>Who issued the token; null when it does not say.</summary>
    public string? Issuer => StrictJson.Text(Root, "iss");

    /// <summary>Whom it is about; null when it does not say.</summary>
    public string? Subject => StrictJson.Text(Root, "sub");

    /// <summary>Whom it is for: one text or a list of them; empty when it does not say.</summary>
    public IReadOnlyList<string> Audiences { get; private init; } = [];

    /// <summary>When it ends; null when it does not say.</summary>
    public DateTimeOffset? ExpiresAt { get; private init; }

    /// <summary>When it begins; null when it does not say.</summary>
    public DateTimeOffset? NotBefore { get; private init; }

    /// <summary>When it was issued; null when it does not say.</summary>
    public DateTimeOffset? IssuedAt { get; private init; }

    /// <summary>Reads a payload.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="fault">What is wrong with it, without anything of it; empty when nothing is.</param>
    /// <returns>Null when something is wrong, also when a claim that every token may have is of the wrong type.</returns>
    public static JwtClaims? TryParse(ReadOnlySpan<byte> payload, out string fault)
    {
        fault = "";
        if (!StrictJson.TryParseObject(payload, out var root))
            fault = "has claims that are not one JSON object without repeated names";
        else if (!IsTextOrAbsent(root, "iss") || !IsTextOrAbsent(root, "sub"))
            fault = "has a claim \"iss\" or \"sub\" that is no text";
        else if (TryReadAudiences(root) is not { } audiences)
            fault = "has a claim \"aud\" that is neither a text nor a list of texts";
        else if (!TryReadTime(root, "exp", out var end) || !TryReadTime(root, "nbf", out var start) || !TryReadTime(root, "iat", out var issued))
            fault = "has a claim \"exp\", \"nbf\" or \"iat\" that is no time in seconds since 1970";
        else
            return new JwtClaims(root) { Audiences = audiences, ExpiresAt = end, NotBefore = start, IssuedAt = issued };
        return null;
    }

    /// <inheritdoc/>
    public override string ToString() => "[redacted]";

    /// <summary>Seconds since 1970 in any form of a JSON number, with or without a fraction. False when it is there and is no such time.</summary>
    public static bool TryReadTime(JsonElement parent, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!parent.TryGetProperty(name, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds < 0 || !(seconds <= LastSecond))
            return false;
        time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    private static bool IsTextOrAbsent(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.String;

    private static IReadOnlyList<string>? TryReadAudiences(JsonElement root)
    {
        if (!root.TryGetProperty("aud", out var value))
            return [];
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(a => a.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(a => a.GetString()!)]
            : null;
    }
}
