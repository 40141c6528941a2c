using Kist.Core;

namespace Kist.Engines.Database;

/// <summary>The engine's failures that several parts share. Messages that clients search for are Vault's.</summary>
internal static class DatabaseFailures
{
    /// <summary>Code of a login that the database refuses: another password may be the right one.</summary>
    public const string LoginRefused = "database.login_refused";

    /// <summary>Code of a database that is not trusted, or does not trust this server.</summary>
    public const string TlsFailed = "database.tls_failed";

    /// <summary>Code of a connection that is not there.</summary>
    public const string NoConnection = "database.unknown_connection";

    /// <summary>Code of a lease whose time to make its user is over.</summary>
    public const string TooLate = "database.too_late";

    /// <summary>The store did not say how a commit ended.</summary>
    public static Failure UnknownOutcome { get; } = Failure.Unavailable(
        "store.unknown_outcome", "the store did not confirm the change, which may have been made: look at what is there before you try again");

    /// <summary>Nobody knows whether the lease still holds.</summary>
    public static Failure Void { get; } = Failure.Unavailable(TooLate, "making the user took too long; it was not made");

    /// <summary>A name that nothing can have.</summary>
    public static Failure InvalidName { get; } = Failure.Invalid(
        "database.invalid_name", "a name has 1 to 256 letters, digits and underscores, with dashes and dots between them");

    /// <summary>A role and a static role of one name.</summary>
    public static Failure NameTaken { get; } = Failure.Invalid("database.name_taken", "Role and Static Role names must be unique");

    /// <summary>The password of the connection's own user, which only the connection knows how to change.</summary>
    public static Failure OwnUser { get; } =
        Failure.Invalid("database.own_user", "this is the user that the connection itself logs in with: rotate it with rotate-root");

    /// <summary>No connection of that name.</summary>
    public static Failure UnknownConnection(string name) =>
        Failure.Invalid(NoConnection, $"failed to find entry for connection with name: \"{name}\"");

    /// <summary>No role of that name.</summary>
    public static Failure UnknownRole(string name) => Failure.Invalid("database.unknown_role", $"unknown role: {name}");

    /// <summary>A role that the connection does not list.</summary>
    public static Failure RoleNotAllowed(string name) => Failure.Invalid("database.role_not_allowed", $"\"{name}\" is not an allowed role");
}
