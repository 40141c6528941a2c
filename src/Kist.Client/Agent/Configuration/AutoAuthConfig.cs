namespace Kist.Client.Agent.Configuration;

/// <summary>How the agent logs in, and where the token goes.</summary>
/// <param name="Method">With what.</param>
public sealed record AutoAuthConfig(LoginMethodConfig Method)
{
    /// <summary>The mount with <c>auth/</c> before it, such as <c>auth/kubernetes</c>.</summary>
    public string MountPath { get; init; } = "";

    /// <summary>The namespace of the mount; empty for that of the server's settings.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The server wraps its answer for this long and the agent hands it on unopened; null for not.</summary>
    public TimeSpan? WrapTtl { get; init; }

    /// <summary>The first pause after a failed login.</summary>
    public TimeSpan MinBackoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No pause after a failed login is longer.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The agent ends when a login fails.</summary>
    public bool ExitOnError { get; init; }

    /// <summary>Where the token is written.</summary>
    public IReadOnlyList<FileSinkConfig> Sinks { get; init; } = [];
}

/// <summary>One of the ways to log in.</summary>
/// <param name="Type">Its name in the configuration, also that of its usual mount.</param>
public abstract record LoginMethodConfig(string Type);

/// <summary>By a pod's service account token.</summary>
/// <param name="Role">The role.</param>
/// <param name="TokenPath">The file of the token.</param>
public sealed record KubernetesLoginConfig(string Role, string TokenPath) : LoginMethodConfig("kubernetes")
{
    /// <summary>Where a pod finds its token.</summary>
    public const string DefaultTokenPath = "/var/run/secrets/kubernetes.io/serviceaccount/token";
}

/// <summary>By a signed token of another issuer.</summary>
/// <param name="Role">The role.</param>
/// <param name="Path">The file of the token.</param>
public sealed record JwtLoginConfig(string Role, string Path) : LoginMethodConfig("jwt")
{
    /// <summary>Removes the file once it is read.</summary>
    public bool RemoveAfterReading { get; init; } = true;

    /// <summary>Removes what a link leads to and not the link.</summary>
    public bool RemoveFollowsLinks { get; init; }
}

/// <summary>By role id and secret id.</summary>
/// <param name="RoleIdPath">The file of the role id.</param>
/// <param name="SecretIdPath">The file of the secret id, or empty for a role that needs none.</param>
public sealed record AppRoleLoginConfig(string RoleIdPath, string SecretIdPath) : LoginMethodConfig("approle")
{
    /// <summary>Removes the secret id's file once it is read.</summary>
    public bool RemoveSecretIdAfterReading { get; init; } = true;

    /// <summary>The file holds a wrapping token made at this path, such as <c>auth/approle/role/web/secret-id</c>; empty for the secret id itself.</summary>
    public string WrappingPath { get; init; } = "";
}

/// <summary>By a client certificate.</summary>
/// <param name="Name">The role, or empty for any that the certificate fits.</param>
public sealed record CertLoginConfig(string Name) : LoginMethodConfig("cert")
{
    /// <summary>The authority of the server's certificate; empty for the server's settings.</summary>
    public string CaCert { get; init; } = "";

    /// <summary>The certificate; empty for that of the server's settings.</summary>
    public string ClientCert { get; init; } = "";

    /// <summary>The key to it.</summary>
    public string ClientKey { get; init; } = "";
}

/// <summary>By name and password.</summary>
/// <param name="Username">The name.</param>
/// <param name="PasswordPath">The file of the password.</param>
public sealed record UserpassLoginConfig(string Username, string PasswordPath) : LoginMethodConfig("userpass");

/// <summary>By a token that somebody else made.</summary>
/// <param name="Path">The file of the token.</param>
public sealed record TokenFileLoginConfig(string Path) : LoginMethodConfig("token_file");

/// <summary>A file that the token is written to.</summary>
/// <param name="Path">The file.</param>
public sealed record FileSinkConfig(string Path)
{
    /// <summary>Vault's: whoever runs the application may be another user of the same group.</summary>
    public const UnixFileMode DefaultMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>The file's mode; null keeps that of the file that is there.</summary>
    public UnixFileMode? Mode { get; init; } = DefaultMode;

    /// <summary>The file's owner, by number; null keeps it.</summary>
    public int? UserId { get; init; }

    /// <summary>The file's group, by number; null keeps it.</summary>
    public int? GroupId { get; init; }

    /// <summary>Writes a wrapping token that lasts this long in place of the token; null for the token.</summary>
    public TimeSpan? WrapTtl { get; init; }

    /// <summary>Encrypts what is written; null for not.</summary>
    public SinkEncryption? Encryption { get; init; }
}

/// <summary>For whom a sink is encrypted, by X25519.</summary>
/// <param name="PublicKeyPath">The file of the reader's public key: JSON with <c>curve25519_public_key</c>, read each time.</param>
public sealed record SinkEncryption(string PublicKeyPath)
{
    /// <summary>The key is derived from what was agreed on and both public keys, and not what was agreed on itself.</summary>
    public bool DerivesKey { get; init; }

    /// <summary>What the reader must know beside; empty for nothing.</summary>
    public string AssociatedData { get; init; } = "";

    /// <summary>The variable of the environment that holds it in place of <see cref="AssociatedData"/>; empty for none.</summary>
    public string AssociatedDataVariable { get; init; } = "";
}
