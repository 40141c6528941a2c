using System.Text;
using System.Text.Json;
using Kist.Auth.Roles;
using Kist.Core;
using Kist.Core.Logins;
using Kist.Crypto.Jose;

namespace Kist.Auth.Jwt;

/// <summary>Judges by a role's rules whom verified claims let in, and as whom. Failures name claims and never their values.</summary>
internal static class JwtJudge
{
    // What names a caller is kept for ever, and what describes one in each of their tokens.
    private const int MostNameBytes = 512;
    private const int MostValueBytes = 4_096;

    /// <summary>The login, or why there is none.</summary>
    public static Outcome<Login> Judge(JwtClaims claims, string roleName, JwtRole role)
    {
        if (CheckBounds(claims, role) is { } refused)
            return refused;
        if (Find(claims, role.UserClaim, role.UserClaimJsonPointer) is not { ValueKind: JsonValueKind.String } user)
            return Refused($"claim \"{role.UserClaim}\", which names the caller, is no text or not in the token");
        var name = user.GetString()!;
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > MostNameBytes || name.Any(char.IsControl))
            return Refused($"claim \"{role.UserClaim}\" has a value that cannot name anybody");
        var metadata = ReadMetadata(claims, roleName, role);
        if (!metadata.Succeeded)
            return metadata.Failure;
        var groups = ReadGroups(claims, role.GroupsClaim);
        if (!groups.Succeeded)
            return groups.Failure;
        return new Login
        {
            Alias = new LoginAlias(name) { Metadata = metadata.Value },
            Role = RoleIdentity.Text(roleName, role.Id),
            Token = role.Token,
            DisplayName = name,
            Metadata = metadata.Value,
            Groups = groups.Value,
        };
    }

    private static Failure? CheckBounds(JwtClaims claims, JwtRole role)
    {
        if (role.BoundSubject.Length > 0 && claims.Subject != role.BoundSubject)
            return Refused("the token is about another subject (\"sub\")");
        // A token that is for somebody else must not open this door, whatever the role forgot to say.
        if (role.BoundAudiences.Count == 0 && claims.Audiences.Count > 0)
            return Refused("audience claim found in JWT but no audiences bound to the role");
        if (role.BoundAudiences.Count > 0 && !claims.Audiences.Any(a => role.BoundAudiences.Contains(a, StringComparer.Ordinal)))
            return Refused("the token is for another audience (\"aud\")");
        foreach (var (claim, expected) in role.BoundClaims)
        {
            if (Find(claims, claim, mayPoint: true) is not { } found)
                return Refused($"claim \"{claim}\" is missing");
            if (!ClaimValues.TextsOf(found).Any(value => IsExpected(value, expected, role.BoundClaimsType)))
                return Refused($"claim \"{claim}\" does not match any associated bound claim value");
        }
        return null;
    }

    private static bool IsExpected(string value, IReadOnlyList<string> expected, string type) =>
        type == JwtRole.Pattern ? Glob.AnyMatches(expected, value) : expected.Contains(value, StringComparer.Ordinal);

    private static Outcome<IReadOnlyDictionary<string, string>> ReadMetadata(JwtClaims claims, string roleName, JwtRole role)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [JwtRole.RoleKey] = roleName };
        foreach (var (claim, key) in role.ClaimMappings)
        {
            if (Find(claims, claim, mayPoint: true) is not { } found)
            {
                if (claim.StartsWith('/'))
                    return Refused($"claim \"{claim}\" is missing");
                continue;
            }
            if (ClaimValues.TextOf(found) is not { } text || Encoding.UTF8.GetByteCount(text) > MostValueBytes)
                return Refused($"claim \"{claim}\" has a value that is no metadata");
            metadata[key] = text;
        }
        return new(metadata);
    }

    private static Outcome<IReadOnlyList<string>> ReadGroups(JwtClaims claims, string groupsClaim)
    {
        if (groupsClaim.Length == 0)
            return new((IReadOnlyList<string>)[]);
        if (Find(claims, groupsClaim, mayPoint: true) is not { } found)
            return Refused($"claim \"{groupsClaim}\", which lists groups, is missing");
        var list = found.ValueKind == JsonValueKind.Array ? [.. found.EnumerateArray()] : new List<JsonElement> { found };
        if (list.Exists(g => g.ValueKind != JsonValueKind.String))
            return Refused($"claim \"{groupsClaim}\" is no list of groups");
        return new([.. list.Select(g => g.GetString()!).Where(g => g.Length > 0).Distinct(StringComparer.Ordinal)]);
    }

    private static JsonElement? Find(JwtClaims claims, string path, bool mayPoint) =>
        (mayPoint ? ClaimPath.TryParse(path) : ClaimPath.Top(path))?.Find(claims.Root);

    private static Failure Refused(string why) => new(FailureKind.Denied, "jwt.claims_refused", $"error validating claims: {why}");
}
