namespace Kist.Core.Logins;

/// <summary>
/// Who logs in, as an auth method has found out, and what their token may be. A handler returns it in place of a body; the pipeline then finds the
/// entity and issues the token. Nothing in it is secret.
/// </summary>
public sealed record Login
{
    /// <summary>What names the caller in the method's mount; null when nothing does, and then the token has no entity.</summary>
    public LoginAlias? Alias { get; init; }

    /// <summary>The role or user that was logged in to. The token keeps it, so that the method can be asked again when the token is renewed.</summary>
    public required string Role { get; init; }

    /// <summary>What the token may be.</summary>
    public required TokenSettings Token { get; init; }

    /// <summary>Policies beyond those of <see cref="Token"/>.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>For people, behind the mount's path: <c>bob</c> becomes <c>userpass-bob</c>.</summary>
    public string DisplayName { get; init; } = "";

    /// <summary>Shown by lookups of the token and in audit records.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Names of groups that the caller is in, by the words of who vouches for them; aliases of external groups match them.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <summary>What names a caller in a mount: the entity alias.</summary>
/// <param name="Name">The same at each login, and never another caller's: a user name, a role id, the uid of a service account.</param>
public sealed record LoginAlias(string Name)
{
    /// <summary>Kept with the alias, for templated policies; replaced at each login.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>What a token that a login issued may be at its renewal.</summary>
/// <param name="Token">As the role says now.</param>
/// <param name="Policies">Policies beyond those of <paramref name="Token"/>, as a login would give now.</param>
public sealed record LoginTerms(TokenSettings Token, IReadOnlyList<string> Policies)
{
    /// <summary>As <see cref="Login.Groups"/>, when the method has asked again who vouches for the caller; null leaves the groups as they are.</summary>
    public IReadOnlyList<string>? Groups { get; init; }
}
