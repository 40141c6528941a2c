using System.ComponentModel;
using Kist.Core.Audit;
using Kist.Crypto;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.StaticRoles;

internal sealed record StaticCredsResponse
{
    [Description("The user.")]
    [AuditPlain]
    public required string Username { get; init; }

    [Description("Its password.")]
    public required SecretText Password { get; init; }

    [Description("Time until the next rotation.")]
    [AuditPlain]
    public TimeSpan Ttl { get; init; }

    [Description("Age of a password at which it is rotated.")]
    [AuditPlain]
    public TimeSpan RotationPeriod { get; init; }

    [Description("When the password was last rotated.")]
    [AuditPlain]
    public DateTimeOffset? LastVaultRotation { get; init; }

    public static StaticCredsResponse Of(StaticRoleRecord role, SecretText password, DateTimeOffset now) => new()
    {
        Username = role.Username,
        Password = password,
        Ttl = role.NextRotation > now ? role.NextRotation - now : TimeSpan.Zero,
        RotationPeriod = role.RotationPeriod,
        LastVaultRotation = role.Rotated,
    };
}
