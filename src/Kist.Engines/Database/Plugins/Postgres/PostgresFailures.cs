using System.Net.Sockets;
using System.Security.Authentication;
using Kist.Core;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>
/// What a failed call says to the caller. What the server writes is passed on for those conditions alone whose message names objects and never quotes the
/// statement, and without the values that the statement had.
/// </summary>
internal static class PostgresFailures
{
    // Privileges, names and rules: what an operator must know to mend a role.
    private static readonly HashSet<string> Telling = new(StringComparer.Ordinal)
    {
        PostgresErrorCodes.InsufficientPrivilege, PostgresErrorCodes.UndefinedObject, PostgresErrorCodes.UndefinedTable, PostgresErrorCodes.DuplicateObject,
        PostgresErrorCodes.InvalidSchemaName, PostgresErrorCodes.InvalidCatalogName, PostgresErrorCodes.DependentObjectsStillExist,
        PostgresErrorCodes.InvalidGrantOperation, PostgresErrorCodes.InvalidParameterValue, PostgresErrorCodes.ReservedName, PostgresErrorCodes.UndefinedFunction,
        PostgresErrorCodes.ActiveSqlTransaction, PostgresErrorCodes.ObjectInUse,
    };

    private static readonly Failure Unavailable = Failure.Unavailable("database.unavailable", "the database does not answer");
    private static readonly Failure Busy = Failure.Unavailable("database.busy", "the database, or the connection's max_open_connections, is at its limit");

    /// <summary>True for what this knows to tell.</summary>
    public static bool Knows(Exception error) =>
        error is NpgsqlException or TimeoutException or SocketException or IOException or AuthenticationException or NotSupportedException;

    /// <summary>True when the transaction lost against another one, and may be tried again.</summary>
    public static bool IsRace(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable,
    } || error is PostgresException { SqlState: PostgresErrorCodes.InternalError, MessageText: "tuple concurrently updated" or "tuple concurrently deleted" };

    /// <summary>The failure.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="secrets">Values that must not be told, however the server came to write them.</param>
    public static Failure Of(Exception error, params IReadOnlyList<string> secrets) => error switch
    {
        PostgresException { SqlState: var state } when state is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            Failure.Invalid(DatabaseFailures.LoginRefused, $"the database refuses the login of the connection's user ({state})"),
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => Busy,
        PostgresException refused when IsTransient(refused.SqlState) || IsRace(refused) =>
            Failure.Unavailable("database.unavailable", $"the database cannot answer now ({refused.SqlState})"),
        PostgresException refused => Refused(refused, secrets),
        NpgsqlException { InnerException: PostgresException inner } => Of(inner, secrets),
        NpgsqlException { InnerException: AuthenticationException } or AuthenticationException =>
            Failure.Invalid("database.tls_failed", "no secure connection to the database: one side does not trust the other's certificate"),
        NpgsqlException { InnerException: TimeoutException } e when e.Message.Contains("pool", StringComparison.OrdinalIgnoreCase) => Busy,
        NpgsqlException { InnerException: null } e when e.Message.Contains("password", StringComparison.OrdinalIgnoreCase) =>
            Failure.Invalid(DatabaseFailures.LoginRefused, "the database wants a password, and the connection has none"),
        NotSupportedException => Failure.Invalid("database.invalid_statements", "a statement cannot be told from the next one: give each as an entry of its own"),
        _ => Unavailable,
    };

    // Connection exceptions, resources, the operator's intervention, system errors, time that is over, and a standby, which takes no writes yet.
    private static bool IsTransient(string state) =>
        state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal)
        || state.StartsWith("58", StringComparison.Ordinal)
        || state is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.ReadOnlySqlTransaction;

    private static Failure Refused(PostgresException refused, IReadOnlyList<string> secrets)
    {
        var text = Telling.Contains(refused.SqlState) && !secrets.Any(s => Holds(refused.MessageText, s)) ? $": {refused.MessageText}" : "";
        return Failure.Invalid("database.refused", $"the database refuses a statement ({refused.SqlState}){text}");
    }

    private static bool Holds(string text, string secret) => secret.Length > 0 && text.Contains(secret, StringComparison.Ordinal);
}
