using Kist.Core;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>
/// Ends a user whose role has no statements for it: takes all that was granted in the connection's database, and drops the user. What the user owns is left, and
/// then so is the user, without its rights and its login: to drop what somebody owns is for the operator to say.
/// </summary>
internal static class PostgresRevocation
{
    private const string Granted = """
        SELECT DISTINCT n.nspname::text FROM pg_catalog.pg_namespace n, pg_catalog.pg_roles r
        WHERE r.rolname = $1 AND (
            EXISTS (SELECT FROM pg_catalog.aclexplode(n.nspacl) a WHERE a.grantee = r.oid)
            OR EXISTS (SELECT FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a WHERE c.relnamespace = n.oid AND a.grantee = r.oid)
            OR EXISTS (SELECT FROM pg_catalog.pg_proc p, pg_catalog.aclexplode(p.proacl) a WHERE p.pronamespace = n.oid AND a.grantee = r.oid)
            OR EXISTS (
                SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid, pg_catalog.aclexplode(t.attacl) a
                WHERE c.relnamespace = n.oid AND a.grantee = r.oid))
        """;

    /// <summary>Ends it.</summary>
    public static async ValueTask<Outcome<Nothing>> DropAsync(NpgsqlConnection connection, string username, CancellationToken cancellationToken)
    {
        if ((await ReadAsync(connection, "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = $1", username, cancellationToken)).Count == 0)
            return Outcome.Done;
        var user = Identifier(username);
        var statements = new List<string> { $"ALTER ROLE {user} NOLOGIN" };
        foreach (var schema in (await ReadAsync(connection, Granted, username, cancellationToken)).Select(Identifier))
        {
            statements.Add($"REVOKE ALL PRIVILEGES ON ALL TABLES IN SCHEMA {schema} FROM {user}");
            statements.Add($"REVOKE ALL PRIVILEGES ON ALL SEQUENCES IN SCHEMA {schema} FROM {user}");
            statements.Add($"REVOKE ALL PRIVILEGES ON ALL FUNCTIONS IN SCHEMA {schema} FROM {user}");
            statements.Add($"REVOKE ALL PRIVILEGES ON SCHEMA {schema} FROM {user}");
        }
        foreach (var database in (await ReadAsync(connection, "SELECT pg_catalog.current_database()::text", null, cancellationToken)).Select(Identifier))
            statements.Add($"REVOKE ALL PRIVILEGES ON DATABASE {database} FROM {user}");
        // Each by itself: as much as can be taken is taken, also when the end cannot be reached.
        var failed = await EachAsync(connection, statements, cancellationToken);
        try
        {
            await PostgresDatabase.ExecuteAsync(connection, $"DROP ROLE IF EXISTS {user}", cancellationToken);
            return Outcome.Done;
        }
        catch (PostgresException e) when (!PostgresFailures.IsRace(e) && failed is not null)
        {
            return PostgresFailures.Of(failed);
        }
    }

    private static async ValueTask<PostgresException?> EachAsync(NpgsqlConnection connection, List<string> statements, CancellationToken cancellationToken)
    {
        PostgresException? failed = null;
        foreach (var statement in statements)
        {
            try
            {
                await PostgresDatabase.ExecuteAsync(connection, statement, cancellationToken);
            }
            catch (PostgresException e) when (!PostgresFailures.IsRace(e) && PostgresFailures.Of(e).Kind != FailureKind.Unavailable)
            {
                failed ??= e;
            }
        }
        return failed;
    }

    private static async ValueTask<IReadOnlyList<string>> ReadAsync(NpgsqlConnection connection, string query, string? name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection);
        if (name is not null)
            command.Parameters.Add(new NpgsqlParameter { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(reader.GetString(0));
        return found;
    }

    private static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
