using Kist.Crypto;

namespace Kist.Engines.Database.Stored;

/// <summary>A connection: which database, and who may use it. Stored as JSON.</summary>
internal sealed record ConnectionRecord
{
    /// <summary>Most passwords of <see cref="Former"/>.</summary>
    public const int MostFormer = 3;

    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The plugin's name: <c>postgresql-database-plugin</c>.</summary>
    public string PluginName { get; init; } = "";

    /// <summary>Names of roles, with <c>*</c> for any characters; none for no role.</summary>
    public IReadOnlyList<string> AllowedRoles { get; init; } = [];

    /// <summary>Sets the password of the connection's own user; empty for the plugin's way.</summary>
    public IReadOnlyList<string> RootRotationStatements { get; init; } = [];

    /// <summary>Makes the passwords of users; empty for 20 characters of all kinds.</summary>
    public string PasswordPolicy { get; init; } = "";

    /// <summary>Whether the connection was tried when it was written.</summary>
    public bool VerifyConnection { get; init; } = true;

    /// <summary>What the plugin needs.</summary>
    public ConnectionDetails Details { get; init; } = new();

    /// <summary>The password of the connection's user; null for none.</summary>
    public SecretText? Password { get; init; }

    /// <summary>
    /// The password that a rotation was about to set. It is here before the database learns of it, and until it is known whether the database has it; then it
    /// is the password.
    /// </summary>
    public SecretText? Staged { get; init; }

    /// <summary>Passwords that were, newest first: tried when the database refuses those above, so that no race of rotations locks the server out.</summary>
    public IReadOnlyList<SecretText> Former { get; init; } = [];

    /// <summary>When the password was last rotated.</summary>
    public DateTimeOffset? Rotated { get; init; }

    /// <summary>The passwords in the order in which they are tried.</summary>
    public IEnumerable<SecretText?> Candidates() => Staged is null ? [Password, .. Former] : [Staged, Password, .. Former];

    /// <summary>The record once the database was seen to take a password.</summary>
    public ConnectionRecord Proven(SecretText password)
    {
        var staged = Staged is not null && !Staged.Equals(password) ? Staged : null;
        return password.Equals(Password)
            ? this with { Staged = staged }
            : this with { Password = password, Staged = staged, Former = (this with { Former = [.. Former.Where(f => !f.Equals(password))] }).Remember(Password) };
    }

    /// <summary>The former passwords with another before them.</summary>
    public IReadOnlyList<SecretText> Remember(SecretText? password) =>
        password is null ? Former : [.. Former.Where(f => !f.Equals(password)).Prepend(password).Take(MostFormer)];
}

/// <summary>What plugins need to reach a database. Each uses some of it.</summary>
internal sealed record ConnectionDetails
{
    /// <summary>The address; may have <c>{{username}}</c> and <c>{{password}}</c>. A password may stand in it, so it is a secret.</summary>
    public SecretText? ConnectionUrl { get; init; }

    /// <summary>The user.</summary>
    public string Username { get; init; } = "";

    /// <summary>How users are named; empty for the plugin's way.</summary>
    public string UsernameTemplate { get; init; } = "";

    /// <summary>Most connections of each server of Kist.</summary>
    public int MaxOpenConnections { get; init; } = 4;

    /// <summary>Most of them that are kept while nobody uses them; 0 for all, negative for none.</summary>
    public int MaxIdleConnections { get; init; }

    /// <summary>Age at which a connection is not used again; zero for any.</summary>
    public TimeSpan MaxConnectionLifetime { get; init; }

    /// <summary>Kept for clients that write and read it.</summary>
    public bool DisableEscaping { get; init; }

    /// <summary><c>password</c>, or <c>scram-sha-256</c> for passwords that are hashed here.</summary>
    public string PasswordAuthentication { get; init; } = "";

    /// <summary>Certificate of the user in PEM, with those that vouch for it.</summary>
    public string TlsCertificate { get; init; } = "";

    /// <summary>Key of that certificate in PEM.</summary>
    public SecretText? PrivateKey { get; init; }

    /// <summary>Authorities that the database is trusted by, in PEM; empty for the system's.</summary>
    public string TlsCa { get; init; } = "";
}
