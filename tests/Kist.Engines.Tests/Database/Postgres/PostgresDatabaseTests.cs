using Kist.Core;
using Kist.Crypto;
using Kist.Engines.Database.Plugins;
using Kist.Engines.Database.Plugins.Postgres;
using Kist.Engines.Database.Stored;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database.Postgres;

[Collection(SharedPostgresCollection.Name)]
public sealed class PostgresDatabaseTests(SharedPostgres postgres)
{
    private const string Secret = "Never-in-a-message-1";

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_with_rights_everywhere_is_dropped_by_default_and_a_second_time_without_error()
    {
        await using var database = Open();
        var name = NewName();
        await postgres.RunAsync("CREATE SCHEMA IF NOT EXISTS \"Odd\"\" schema\"; CREATE TABLE IF NOT EXISTS \"Odd\"\" schema\".t (a int, b int)");
        string[] statements =
        [
            "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'",
            "GRANT USAGE ON SCHEMA \"Odd\"\" schema\" TO \"{{name}}\"; GRANT SELECT (a) ON \"Odd\"\" schema\".t TO \"{{name}}\"",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{{name}}\"; GRANT CONNECT ON DATABASE postgres TO \"{{name}}\"",
            "GRANT pg_monitor TO \"{{name}}\"",
        ];
        Assert.Null((await database.CreateUserAsync(User(name, statements), default)).Failure);
        Assert.True(await postgres.CanLogInAsync(name, Secret));
        Assert.Null((await database.DropUserAsync(name, [], default)).Failure);
        Assert.False(await postgres.HasUserAsync(name));
        Assert.Null((await database.DropUserAsync(name, [], default)).Failure);
        Assert.Null((await database.DropUserAsync(name, ["REVOKE ALL ON SCHEMA public FROM \"{{name}}\"; DROP ROLE \"{{name}}\""], default)).Failure);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_that_owns_something_stays_without_its_login_and_the_failure_says_so()
    {
        await using var database = Open();
        var name = NewName();
        Assert.Null((await database.CreateUserAsync(User(name, ["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'"]), default)).Failure);
        await postgres.RunAsync($"CREATE TABLE \"of_{name}\" (); ALTER TABLE \"of_{name}\" OWNER TO \"{name}\"");
        var dropped = await database.DropUserAsync(name, [], default);
        Assert.Equal("database.refused", dropped.Failure?.Code);
        Assert.Contains("2BP01", dropped.Failure!.Message, StringComparison.Ordinal);
        Assert.False(await postgres.CanLogInAsync(name, Secret));
        Assert.Null((await database.DropUserAsync(name, ["DROP OWNED BY \"{{name}}\"; DROP ROLE \"{{name}}\""], default)).Failure);
    }

    // The administrator may give what the user gets, and nothing of what else there is in the schema.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_is_dropped_by_default_by_an_administrator_that_may_do_nothing_else()
    {
        var (name, admin, schema) = (NewName(), await postgres.NewAdministratorAsync(), $"s_{Guid.NewGuid():N}");
        await postgres.RunAsync(
            $"""
            CREATE SCHEMA {schema}; SET search_path = {schema};
            CREATE TABLE t (a int); CREATE TABLE "Unrelated" (a int); CREATE TABLE columns (a int, "B" int); CREATE SEQUENCE q; CREATE TYPE e AS ENUM ('x');
            CREATE PROCEDURE p(a int, INOUT b text, c e[]) LANGUAGE sql AS 'SELECT b'; CREATE PROCEDURE unrelated() LANGUAGE sql AS '';
            CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
            REVOKE ALL ON ALL ROUTINES IN SCHEMA {schema} FROM PUBLIC;
            GRANT USAGE ON SCHEMA {schema} TO {admin} WITH GRANT OPTION; GRANT SELECT ON t TO {admin} WITH GRANT OPTION;
            GRANT SELECT ("B") ON columns TO {admin} WITH GRANT OPTION; GRANT USAGE ON SEQUENCE q TO {admin} WITH GRANT OPTION;
            GRANT EXECUTE ON PROCEDURE p TO {admin} WITH GRANT OPTION; GRANT EXECUTE ON FUNCTION f TO {admin} WITH GRANT OPTION;
            GRANT USAGE ON TYPE e TO {admin} WITH GRANT OPTION; RESET search_path
            """);
        await using var database = new PostgresPlugin(TimeProvider.System).Open(Details() with { Username = admin }, new SecretText("admin-of-one-test"));
        string[] statements =
        [
            "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'",
            $"GRANT USAGE ON SCHEMA {schema} TO \"{{{{name}}}}\"; GRANT SELECT ON {schema}.t TO \"{{{{name}}}}\"",
            $"GRANT SELECT (\"B\") ON {schema}.columns TO \"{{{{name}}}}\"; GRANT USAGE ON SEQUENCE {schema}.q TO \"{{{{name}}}}\"",
            $"GRANT EXECUTE ON PROCEDURE {schema}.p TO \"{{{{name}}}}\"; GRANT EXECUTE ON FUNCTION {schema}.f TO \"{{{{name}}}}\"",
            $"GRANT USAGE ON TYPE {schema}.e TO \"{{{{name}}}}\"",
        ];
        Assert.Null((await database.CreateUserAsync(User(name, statements), default)).Failure);
        Assert.Null((await database.DropUserAsync(name, [], default)).Failure);
        Assert.False(await postgres.HasUserAsync(name));
        await postgres.RunAsync($"DROP SCHEMA {schema} CASCADE");
    }

    // As on a standby: it takes the writes once it is promoted.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_database_that_is_read_only_is_unavailable_and_has_refused_nothing()
    {
        var (name, admin) = (NewName(), await postgres.NewAdministratorAsync());
        await using var before = new PostgresPlugin(TimeProvider.System).Open(Details() with { Username = admin }, new SecretText("admin-of-one-test"));
        Assert.Null((await before.CreateUserAsync(User(name, ["CREATE ROLE \"{{name}}\""]), default)).Failure);
        await postgres.RunAsync($"ALTER ROLE {admin} SET default_transaction_read_only = on");
        await using var database = new PostgresPlugin(TimeProvider.System).Open(Details() with { Username = admin }, new SecretText("admin-of-one-test"));
        foreach (var statements in new IReadOnlyList<string>[] { [], ["DROP ROLE \"{{name}}\""] })
            Assert.Equal(FailureKind.Unavailable, (await database.DropUserAsync(name, statements, default)).Failure?.Kind);
        using var password = new SecretText(Secret);
        Assert.Equal(FailureKind.Unavailable, (await database.SetPasswordAsync(name, password, [], default)).Failure?.Kind);
        Assert.Equal(FailureKind.Unavailable, (await database.CreateUserAsync(User(NewName(), ["CREATE ROLE \"{{name}}\""]), default)).Failure?.Kind);
        Assert.Null((await before.DropUserAsync(name, [], default)).Failure);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_creation_that_fails_half_way_leaves_nothing()
    {
        await using var database = Open();
        var name = NewName();
        var made = await database.CreateUserAsync(User(name, ["CREATE ROLE \"{{name}}\"; GRANT nobody_of_this_name TO \"{{name}}\""]), default);
        Assert.Equal("database.refused", made.Failure?.Code);
        Assert.Contains("nobody_of_this_name", made.Failure!.Message, StringComparison.Ordinal);
        Assert.False(await postgres.HasUserAsync(name));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_whose_lease_is_void_is_not_made()
    {
        await using var database = Open();
        var name = NewName();
        // In time to begin, and too late to end.
        var asked = 0;
        var made = await database.CreateUserAsync(User(name, ["CREATE ROLE \"{{name}}\""]) with { IsVoid = () => ++asked > 1 }, default);
        Assert.Equal("database.too_late", made.Failure?.Code);
        Assert.False(await postgres.HasUserAsync(name));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Many_grants_on_one_table_at_a_time_all_succeed()
    {
        await using var database = Open();
        await postgres.RunAsync("CREATE TABLE IF NOT EXISTS shared ()");
        var names = Enumerable.Range(0, 40).Select(_ => NewName()).ToList();
        var made = await Task.WhenAll(names.Select(async name => await database.CreateUserAsync(
            User(name, ["CREATE ROLE \"{{name}}\"; GRANT SELECT ON ALL TABLES IN SCHEMA public TO \"{{name}}\""]), default)));
        Assert.All(made, m => Assert.Null(m.Failure));
        var dropped = await Task.WhenAll(names.Select(async name => await database.DropUserAsync(name, [], default)));
        Assert.All(dropped, d => Assert.Null(d.Failure));
        Assert.Empty((await postgres.AskAsync("SELECT rolname::text FROM pg_roles")).Intersect(names));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task With_scram_the_password_never_reaches_the_server()
    {
        const string password = "Only-as-a-hash-2222";
        await using var database = Open(d => d with { PasswordAuthentication = "scram-sha-256" });
        var name = NewName();
        Assert.Null((await database.CreateUserAsync(User(name, ["CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}'"], password), default)).Failure);
        Assert.True(await postgres.CanLogInAsync(name, password));
        using var next = new SecretText(password + "next");
        Assert.Null((await database.SetPasswordAsync(name, next, [], default)).Failure);
        Assert.True(await postgres.CanLogInAsync(name, password + "next"));
        Assert.Contains(name, postgres.Server.Process.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(password, postgres.Server.Process.Output, StringComparison.Ordinal);
        using var other = new SecretText("pässword");
        Assert.Equal("database.invalid_password", (await database.SetPasswordAsync(name, other, [], default)).Failure?.Code);
        await database.DropUserAsync(name, [], default);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task No_failure_tells_a_password()
    {
        await using var database = Open();
        var name = NewName();
        string[] broken =
        [
            "SELECT FROM '{{password}}'", "CREATE ROLE \"{{name}}\" PASSWORD '{{password}}' '{{password}}'", "SELECT '{{password}}'::int", "SELECT \"{{password}}\"",
            "SELECT {{password}}()", "DO $$ BEGIN RAISE EXCEPTION '{{password}}'; END $$",
            "DO $$ BEGIN RAISE insufficient_privilege USING MESSAGE = '{{password}}'; END $$",
            "CREATE ROLE \"{{name}}\" VALID UNTIL '{{password}}'", "DROP ROLE \"{{password}}\"", "SELECT * FROM \"{{password}}\"",
        ];
        foreach (var statement in broken)
        {
            var failure = (await database.CreateUserAsync(User(name, [statement]), default)).Failure;
            Assert.NotNull(failure);
            Assert.DoesNotContain("Never", failure.ToString(), StringComparison.OrdinalIgnoreCase);
        }
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Names_that_the_server_would_cut_are_refused()
    {
        await using var database = Open();
        foreach (var name in new[] { new string('n', 64), new string('ä', 32), "", "a\0b" })
            Assert.Equal("database.invalid_username", (await database.CreateUserAsync(User(name, ["CREATE ROLE \"{{name}}\""]), default)).Failure?.Code);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_login_says_whether_the_password_is_the_right_one()
    {
        await using var database = Open();
        var name = await postgres.NewUserAsync("right");
        Assert.Equal(LoginAnswer.Accepted, (await database.TryLoginAsync(name, new SecretText("right"), default)).Value);
        Assert.Equal(LoginAnswer.Refused, (await database.TryLoginAsync(name, new SecretText("wrong"), default)).Value);
        await postgres.RunAsync($"ALTER ROLE {name} NOLOGIN");
        Assert.Equal(LoginAnswer.Unclear, (await database.TryLoginAsync(name, new SecretText("right"), default)).Value);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task More_calls_than_connections_wait_and_none_is_left_open()
    {
        var admin = await postgres.NewAdministratorAsync();
        var details = Details() with { Username = admin, MaxOpenConnections = 2 };
        await using (var database = new PostgresPlugin(TimeProvider.System).Open(details, new SecretText("admin-of-one-test")))
        {
            var asked = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ => await database.UserExistsAsync(admin, default)));
            Assert.All(asked, a => Assert.True(a.Value));
            Assert.InRange((await postgres.AskAsync($"SELECT pid::text FROM pg_stat_activity WHERE usename = '{admin}'")).Count, 1, 2);
        }
        var sessions = $"SELECT pid::text FROM pg_stat_activity WHERE usename = '{admin}'";
        await Core.Tests.Storage.Eventually.HoldsAsync(async () => (await postgres.AskAsync(sessions)).Count == 0);
    }

    private IDatabase Open(Func<ConnectionDetails, ConnectionDetails>? with = null) =>
        new PostgresPlugin(TimeProvider.System).Open((with ?? (d => d))(Details()), new SecretText(PostgresServer.Password));

    private ConnectionDetails Details() => new()
    {
        ConnectionUrl = new SecretText($"host={PrivateServer.Host} port={postgres.Server.Port} user='{{{{username}}}}' password='{{{{password}}}}' dbname=postgres"),
        Username = PostgresServer.Superuser,
    };

    private static string NewName() => $"v-{Guid.NewGuid():N}";

    private static NewUser User(string name, IReadOnlyList<string> statements, string password = Secret) => new()
    {
        Username = name,
        Password = new SecretText(password),
        ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(60),
        Statements = statements,
        IsVoid = () => false,
    };
}
