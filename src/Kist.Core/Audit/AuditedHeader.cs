using System.Buffers;

namespace Kist.Core.Audit;

/// <summary>A request header that audit records show (<c>sys/config/auditing/request-headers</c>).</summary>
/// <param name="Name">In lower case.</param>
/// <param name="Hmac">Hides its value.</param>
public sealed record AuditedHeader(string Name, bool Hmac)
{
    private const int LongestName = 128;

    private static readonly string[] Credentials = ["x-vault-token", "x-vault-mfa", "authorization", "proxy-authorization", "cookie"];

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz");

    /// <summary>True for headers that carry tokens and codes. They are never shown in clear, whatever is asked for.</summary>
    internal bool IsCredential => Credentials.Contains(Name, StringComparer.Ordinal);

    /// <summary>The name in lower case, when it can be a header's.</summary>
    internal static Outcome<string> Normalise(string name)
    {
        var lower = name.ToLowerInvariant();
        return lower.Length is 0 or > LongestName || lower.AsSpan().ContainsAnyExcept(NameCharacters)
            ? Failure.Invalid("audit.invalid_header", $"a header name has 1 to {LongestName} letters, digits or dashes")
            : lower;
    }
}
