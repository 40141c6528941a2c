using Kist.Core;
using Npgsql;

namespace Kist.Engines.Database.Plugins.Postgres;

/// <summary>
/// Ends a user whose role has no statements for it: takes all that was granted in the connection's database, and drops the user. What the user owns is left, and
/// then so is the user, without its rights and its login: to drop what somebody owns is for the operator to say.
/// </summary>
internal static class PostgresRevocation
{
    // Each privilege that the user was granted, and no other: for ALL TABLES IN SCHEMA the server wants rights on each of them, and for ALL PRIVILEGES of a
    // sequence rights on its columns.
    private const string Granted = """
        SELECT DISTINCT a.privilege_type || ' ' || o.what FROM (
            SELECT pg_catalog.format('ON SCHEMA %I', nspname) AS what, nspacl AS acl FROM pg_catalog.pg_namespace
            UNION ALL
            SELECT pg_catalog.format(CASE relkind WHEN 'S' THEN 'ON SEQUENCE %I.%I' ELSE 'ON TABLE %I.%I' END, n.nspname, c.relname), c.relacl
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            UNION ALL
            SELECT pg_catalog.format('(%I) ON TABLE %I.%I', t.attname, n.nspname, c.relname), t.attacl
            FROM pg_catalog.pg_attribute t JOIN pg_catalog.pg_class c ON c.oid = t.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.attisdropped
            UNION ALL
            SELECT pg_catalog.format('ON ROUTINE %I.%I(%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes)), p.proacl
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            UNION ALL
            SELECT pg_catalog.format(CASE typtype WHEN 'd' THEN 'ON DOMAIN %I.%I' ELSE 'ON TYPE %I.%I' END, n.nspname, t.typname), t.typacl
            FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            UNION ALL
            SELECT pg_catalog.format('ON LANGUAGE %I', lanname), lanacl FROM pg_catalog.pg_language
            UNION ALL
            SELECT pg_catalog.format('ON FOREIGN DATA WRAPPER %I', fdwname), fdwacl FROM pg_catalog.pg_foreign_data_wrapper
            UNION ALL
            SELECT pg_catalog.format('ON FOREIGN SERVER %I', srvname), srvacl FROM pg_catalog.pg_foreign_server
            UNION ALL
            SELECT pg_catalog.format('ON LARGE OBJECT %s', oid), lomacl FROM pg_catalog.pg_largeobject_metadata
            UNION ALL
            SELECT pg_catalog.format('ON TABLESPACE %I', spcname), spcacl FROM pg_catalog.pg_tablespace
            UNION ALL
            SELECT pg_catalog.format('ON DATABASE %I', datname), datacl FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()
        ) o, pg_catalog.aclexplode(o.acl) a JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
        WHERE r.rolname = $1
        """;

    /// <summary>Ends it.</summary>
    public static async ValueTask<Outcome<Nothing>> DropAsync(NpgsqlConnection connection, string username, CancellationToken cancellationToken)
    {
        if ((await ReadAsync(connection, "SELECT rolname::text FROM pg_catalog.pg_roles WHERE rolname = $1", username, cancellationToken)).Count == 0)
            return Outcome.Done;
        var user = Identifier(username);
        var statements = new List<string> { $"ALTER ROLE {user} NOLOGIN" };
        statements.AddRange((await ReadAsync(connection, Granted, username, cancellationToken)).Select(what => $"REVOKE {what} FROM {user}"));
        // Each by itself: as much as can be taken is taken, also when the end cannot be reached.
        var failed = await EachAsync(connection, statements, cancellationToken);
        try
        {
            await PostgresDatabase.ExecuteAsync(connection, $"DROP ROLE IF EXISTS {user}", cancellationToken);
            return Outcome.Done;
        }
        catch (PostgresException e) when (failed is not null && !PostgresFailures.IsRace(e) && PostgresFailures.Of(e).Kind != FailureKind.Unavailable)
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

    private static async ValueTask<IReadOnlyList<string>> ReadAsync(NpgsqlConnection connection, string query, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(reader.GetString(0));
        return found;
    }

    private static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
