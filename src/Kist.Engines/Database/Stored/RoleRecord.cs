namespace Kist.Engines.Database.Stored;

/// <summary>A role whose users are made when they are asked for. Stored as JSON.</summary>
internal sealed record RoleRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The connection.</summary>
    public string DbName { get; init; } = "";

    /// <summary>Lifetime of a user; zero for the mount's.</summary>
    public TimeSpan DefaultTtl { get; init; }

    /// <summary>Longest lifetime of a user; zero for the mount's.</summary>
    public TimeSpan MaxTtl { get; init; }

    /// <summary>Make a user.</summary>
    public IReadOnlyList<string> CreationStatements { get; init; } = [];

    /// <summary>End a user; empty for the plugin's way.</summary>
    public IReadOnlyList<string> RevocationStatements { get; init; } = [];

    /// <summary>Take back what the creation began, where a database does not do that by itself.</summary>
    public IReadOnlyList<string> RollbackStatements { get; init; } = [];

    /// <summary>Let a user live on; empty for the plugin's way.</summary>
    public IReadOnlyList<string> RenewStatements { get; init; } = [];

    /// <summary><c>password</c>.</summary>
    public string CredentialType { get; init; } = "password";

    /// <summary>Makes the passwords of users; empty for the connection's.</summary>
    public string PasswordPolicy { get; init; } = "";
}

/// <summary>What a lease keeps of the user that it stands for. Stored as JSON.</summary>
internal sealed record LeasedUser
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>The connection.</summary>
    public string DbName { get; init; } = "";

    /// <summary>The role.</summary>
    public string Role { get; init; } = "";

    /// <summary>The user.</summary>
    public string Username { get; init; } = "";

    /// <summary>End the user, as the role had them when it was made.</summary>
    public IReadOnlyList<string> RevocationStatements { get; init; } = [];
}
