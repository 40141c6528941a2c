using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Passwords;
using Kist.Crypto;
using Kist.Engines.Database.Stored;

namespace Kist.Engines.Database.Connections;

/// <summary>Makes the passwords of users.</summary>
internal static class NewPassword
{
    /// <summary>By the role's policy, or by the connection's when the role has none.</summary>
    public static async ValueTask<Outcome<SecretText>> GenerateAsync(
        StorageView storage, string rolePolicy, ConnectionRecord connection, CancellationToken cancellationToken)
    {
        var policy = rolePolicy.Length > 0 ? rolePolicy : connection.PasswordPolicy;
        var made = await PasswordPolicies.Of(storage).GenerateAsync(storage.Namespace, policy, cancellationToken);
        // It is not what was asked for that is missing.
        return made.Failure is { Kind: FailureKind.NotFound } missing ? missing with { Kind = FailureKind.Invalid } : made;
    }
}
