using System.Security.Cryptography;

namespace Kist.Auth.Roles;

/// <summary>
/// What a token keeps of the role or user that it was issued for: the name, and the id that no other of that name has, before or after. One that is deleted
/// and made anew does not renew the tokens of its predecessor.
/// </summary>
internal static class RoleIdentity
{
    private const int IdBytes = 16;

    /// <summary>A new id.</summary>
    public static string NewId() => RandomNumberGenerator.GetHexString(2 * IdBytes, lowercase: true);

    /// <summary>For the token.</summary>
    public static string Text(string name, string id) => $"{name}/{id}";

    /// <summary>Of the token.</summary>
    public static (string Name, string Id) Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (text, "") : (text[..slash], text[(slash + 1)..]);
    }
}
