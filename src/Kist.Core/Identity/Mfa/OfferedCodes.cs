using Kist.Crypto;

namespace Kist.Core.Identity.Mfa;

/// <summary>The codes that a caller offers, by the id of a method or, where it has one, its name.</summary>
internal sealed class OfferedCodes
{
    /// <summary>Most codes: each is looked at in one commit with the others.</summary>
    public const int Most = 50;

    private static readonly SecretText NoCode = new("");

    private readonly Dictionary<string, SecretText> codes = new(StringComparer.Ordinal);

    private OfferedCodes()
    {
    }

    /// <summary>Reads <c>METHOD:CODE</c>, several with commas.</summary>
    public static OfferedCodes OfHeader(string header)
    {
        var offered = new OfferedCodes();
        foreach (var part in header.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(Most))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            offered.codes[colon < 0 ? part : part[..colon]] = colon < 0 ? NoCode : WithoutPrefix(new SecretText(part[(colon + 1)..]));
        }
        return offered;
    }

    /// <summary>Reads codes, each in a list of its method; of several the first.</summary>
    public static OfferedCodes OfPayload(IReadOnlyDictionary<string, IReadOnlyList<SecretText>> payload)
    {
        var offered = new OfferedCodes();
        foreach (var (method, given) in payload.Take(Most))
            offered.codes[method] = WithoutPrefix(given?.FirstOrDefault(c => c is { Utf8.Length: > 0 }) ?? NoCode);
        return offered;
    }

    /// <summary>The code for a method; null when there is none, and an empty one when the caller named the method and gave no code.</summary>
    public SecretText? For(MfaMethodRecord method) =>
        codes.TryGetValue(method.Id, out var code) || (method.Name.Length > 0 && codes.TryGetValue(method.Name, out code)) ? code : null;

    // Vault's clients may say what a code is.
    private static SecretText WithoutPrefix(SecretText code) =>
        code.Utf8.StartsWith("passcode="u8) ? new SecretText(code.Utf8["passcode="u8.Length..]) : code;
}
