using Kist.Core;
using Kist.Crypto;

namespace Kist.Auth.Userpass.Passwords;

/// <summary>What a request gives as a password.</summary>
internal static class NewPassword
{
    /// <summary>The hash to store; null when neither password nor hash is given.</summary>
    public static async ValueTask<Outcome<PasswordHash?>> OfAsync(
        PasswordHasher hasher, SecretText? password, SecretText? hash, CancellationToken cancellationToken)
    {
        if (password is not null && hash is not null)
            return Failure.Invalid("userpass.two_passwords", "password and password_hash exclude each other: give one of them");
        if (hash is not null)
        {
            return BcryptHash.Parse(hash.Reveal()) is { } imported
                ? new PasswordHash { Bcrypt = imported.Text }
                : Failure.Invalid(
                    "userpass.invalid_hash",
                    $"field \"password_hash\": expected a bcrypt hash ($2a$, $2b$ or $2y$) with a cost of {BcryptHash.MinCost} to {BcryptHash.MaxCost}");
        }
        if (password is null)
            return (PasswordHash?)null;
        if (PasswordHasher.Check(password) is { } bad)
            return bad;
        var made = await hasher.HashAsync(password, cancellationToken);
        return made.Succeeded ? made.Value : made.Failure;
    }
}
