using Kist.Core;

namespace Kist.Auth.Userpass;

/// <summary>The method's failures that several endpoints share. Messages that clients search for are Vault's.</summary>
internal static class UserpassFailures
{
    /// <summary>
    /// Unknown user, wrong password, locked out, or from a network that the user may not log in from: one answer for all, so that a guesser learns
    /// nothing.
    /// </summary>
    public static Failure Refused { get; } = Failure.Invalid("userpass.refused", "invalid username or password");

    /// <summary>Nothing was given that could be a password.</summary>
    public static Failure MissingPassword { get; } = Failure.Invalid("userpass.missing_password", "missing password");

    /// <summary>A change of a user that is not there.</summary>
    public static Failure NoUser { get; } = Failure.Invalid("userpass.no_user", "username does not exist");
}
