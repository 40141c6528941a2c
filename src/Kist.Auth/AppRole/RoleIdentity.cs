namespace Kist.Auth.AppRole;

/// <summary>What a token keeps of its role: the name, and the id that no other role of that name has, before or after.</summary>
internal static class RoleIdentity
{
    public static string Text(string name, string id) => $"{name}/{id}";

    public static (string Name, string Id) Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (text, "") : (text[..slash], text[(slash + 1)..]);
    }
}
