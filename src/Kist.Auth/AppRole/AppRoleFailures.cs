using Kist.Core;

namespace Kist.Auth.AppRole;

/// <summary>The method's failures that several endpoints share. Messages that clients search for are Vault's.</summary>
internal static class AppRoleFailures
{
    /// <summary>
    /// Unknown role id, unknown, expired or used-up secret id, or from a network that one may not log in from: one answer for all, so that a guesser learns
    /// nothing.
    /// </summary>
    public static Failure Refused { get; } = Failure.Invalid("approle.refused", "invalid role or secret ID");

    /// <summary>A role that is not there, in a request to change or use it. Reads answer "not found" instead.</summary>
    public static Failure NoRole(string name) => Failure.Invalid("approle.no_role", $"role \"{name}\" does not exist");

    /// <summary>A request lacks a field.</summary>
    public static Failure Missing(string field) => Failure.Invalid("approle.missing_field", $"missing {field}");

    /// <summary>A field has a value that cannot be.</summary>
    public static Failure Invalid(string field, string what) => Failure.Invalid("approle.invalid_field", $"field \"{field}\": {what}");
}
