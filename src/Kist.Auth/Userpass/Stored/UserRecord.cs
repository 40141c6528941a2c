using Kist.Auth.Userpass.Passwords;
using Kist.Core.Logins;

namespace Kist.Auth.Userpass.Stored;

/// <summary>A user, stored as JSON under the name in lower case.</summary>
internal sealed record UserRecord
{
    /// <summary>Version of this record's layout; 1.</summary>
    public int Schema { get; init; } = 1;

    /// <summary>Random: who is deleted and made anew is another.</summary>
    public required string Id { get; init; }

    /// <summary>What is kept of the password.</summary>
    public required PasswordHash Password { get; init; }

    /// <summary>What the tokens may be.</summary>
    public required TokenSettings Token { get; init; }
}
