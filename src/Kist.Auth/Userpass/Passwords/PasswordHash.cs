namespace Kist.Auth.Userpass.Passwords;

/// <summary>What is kept of a password: its Argon2id hash, or until the next login the bcrypt hash that was brought from elsewhere.</summary>
internal sealed record PasswordHash
{
    /// <summary>The bcrypt hash in its usual form; empty for Argon2id.</summary>
    public string Bcrypt { get; init; } = "";

    /// <summary>Passes over the memory.</summary>
    public int Passes { get; init; }

    /// <summary>The memory.</summary>
    public int MemoryKibibytes { get; init; }

    /// <summary>Random, in hex.</summary>
    public string Salt { get; init; } = "";

    /// <summary>The hash, in hex.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Not the hash: it can be guessed against.</summary>
    public override string ToString() => "[redacted]";
}
