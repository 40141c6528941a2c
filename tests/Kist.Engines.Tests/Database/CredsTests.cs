using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Engines.Database;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

/// <summary>Users under leases, in a whole node: behind tokens, policies and the lease manager.</summary>
[Collection(SharedPostgresCollection.Name)]
public sealed class CredsTests(SharedPostgres postgres) : IAsyncLifetime
{
    private const string Admin = "admin-of-one-test";
    private const string Creation = """CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'""";

    private readonly MemoryStore store = new();
    private readonly DatabaseMountType engine = new(TimeProvider.System);
    private TestNode node = null!;

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(store, engine);
        await node.WriteAsync("sys/mounts/database", """{"type":"database"}""").Ok();
    }

    public async Task DisposeAsync()
    {
        await node.DisposeAsync();
        await engine.DisposeAsync();
        await store.DisposeAsync();
        Assert.Empty(node.Faults);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_lives_as_long_as_its_lease()
    {
        await PrepareAsync("""
            "default_ttl":"1h","max_ttl":"2h"
            """);
        var answer = await node.ReadAsync("database/creds/app").Ok();
        var (username, password) = Credentials(answer);
        Assert.Equal((TimeSpan.FromHours(1), true), (answer.Lease!.Duration, answer.Lease.Renewable));
        Assert.StartsWith("database/creds/app/", answer.Lease.Id, StringComparison.Ordinal);
        Assert.Matches("^v-root-app-[A-Za-z0-9]{20}-[0-9]{10}$", username);
        Assert.Equal(20, password.Length);
        Assert.True(await postgres.CanLogInAsync(username, password));
        var until = await ValidUntilAsync(username);
        await node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"{{answer.Lease.Id}}","increment":"2h"}""").Ok();
        Assert.True(await ValidUntilAsync(username) > until.AddMinutes(30));
        await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{answer.Lease.Id}}","sync":true}""").Ok();
        await GoneAsync(username);
        Assert.False(await postgres.CanLogInAsync(username, password));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Users_end_with_the_token_that_asked_for_them_and_with_the_mount()
    {
        await PrepareAsync("");
        var token = (await node.WriteAsync("auth/token/create", """{"policies":["root"],"ttl":"1h"}""").Ok()).Auth!.ClientToken;
        var (first, _) = Credentials(await node.ReadAsync("database/creds/app", token).Ok());
        var (second, _) = Credentials(await node.ReadAsync("database/creds/app").Ok());
        await node.WriteAsync("auth/token/revoke-self", "", token).Ok();
        await GoneAsync(first);
        Assert.True(await postgres.HasUserAsync(second));
        await node.DeleteAsync("sys/mounts/database").Ok();
        await GoneAsync(second);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Own_statements_renew_and_end_the_user()
    {
        await PrepareAsync("""
            "renew_statements":["COMMENT ON ROLE \"{{name}}\" IS 'until {{expiration}}'"],
            "revocation_statements":["COMMENT ON ROLE \"{{name}}\" IS 'ended'; ALTER ROLE \"{{name}}\" NOLOGIN"]
            """);
        var answer = await node.ReadAsync("database/creds/app").Ok();
        var (username, _) = Credentials(answer);
        await node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"{{answer.Lease!.Id}}"}""").Ok();
        Assert.StartsWith("until 20", await CommentAsync(username), StringComparison.Ordinal);
        // As they were when the user was made.
        await node.WriteAsync("database/roles/app", """{"revocation_statements":["SELECT 1"]}""").Ok();
        await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{answer.Lease.Id}}","sync":true}""").Ok();
        await Eventually.HoldsAsync(async () => await CommentAsync(username) == "ended");
        await postgres.RunAsync($"DROP ROLE \"{username}\"");
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task What_fails_leaves_no_user_and_no_lease()
    {
        await PrepareAsync("");
        await node.WriteAsync("database/roles/broken", $$"""{"db_name":"db","creation_statements":["{{Creation}}; SELECT nothing_of_this_name()"]}""").Ok();
        var before = await postgres.AskAsync("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'v-root-broken-%'");
        Assert.Equal("database.refused", (await node.ReadAsync("database/creds/broken")).Failure?.Code);
        Assert.Equal(before, await postgres.AskAsync("SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'v-root-broken-%'"));
        await Eventually.HoldsAsync(async () => (await node.ListAsync("sys/leases/lookup/database/creds/broken")).Failure is not null);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_role_gets_nothing_that_its_connection_does_not_grant()
    {
        await PrepareAsync("");
        await node.WriteAsync("database/config/db", """{"allowed_roles":["other","ap"]}""").Ok();
        var refused = await node.ReadAsync("database/creds/app");
        Assert.Equal(("database.role_not_allowed", "\"app\" is not an allowed role"), (refused.Failure!.Code, refused.Failure.Message));
        await node.WriteAsync("database/config/db", """{"allowed_roles":["a*"]}""").Ok();
        await node.ReadAsync("database/creds/app").Ok();
        Assert.Equal("database.unknown_role", (await node.ReadAsync("database/creds/nobody")).Failure?.Code);
        await node.WriteAsync("database/roles/lost", """{"db_name":"gone","creation_statements":"SELECT 1"}""").Ok();
        Assert.Equal("database.unknown_connection", (await node.ReadAsync("database/creds/lost")).Failure?.Code);
        await node.WriteAsync("database/roles/a-empty", """{"db_name":"db"}""").Ok();
        Assert.Equal("database.no_creation_statements", (await node.ReadAsync("database/creds/a-empty")).Failure?.Code);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_role_that_is_gone_renews_nothing_and_its_users_are_ended_all_the_same()
    {
        await PrepareAsync("");
        var answer = await node.ReadAsync("database/creds/app").Ok();
        await node.DeleteAsync("database/roles/app").Ok();
        Assert.NotNull((await node.WriteAsync("sys/leases/renew", $$"""{"lease_id":"{{answer.Lease!.Id}}"}""")).Failure);
        await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{answer.Lease.Id}}","sync":true}""").Ok();
        await GoneAsync(Credentials(answer).Username);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_role_is_written_read_listed_and_deleted()
    {
        await node.WriteAsync("database/roles/app", """
            {"db_name":"db","creation_statements":"CREATE ROLE \"{{name}}\", x","default_ttl":"1h","max_ttl":86400,"credential_config":{"password_policy":"p"}}
            """).Ok();
        var role = (await node.ReadAsync("database/roles/app").Ok()).Json();
        Assert.Equal(
            """{"db_name":"db","creation_statements":["CREATE ROLE \"{{name}}\", x"],"revocation_statements":[],"rollback_statements":[],"renew_statements":[]"""
            + ""","default_ttl":3600,"max_ttl":86400,"credential_type":"password","credential_config":{"password_policy":"p"}}""",
            role.GetRawText());
        Assert.Equal("""["app"]""", (await node.ListAsync("database/roles").Ok()).Json().GetProperty("keys").GetRawText());
        foreach (var (body, code) in new[]
        {
            ("""{"db_name":""}""", "database.no_db_name"), ("""{"credential_type":"rsa_private_key"}""", "database.unsupported_credential_type"),
            ("""{"credential_type":"x"}""", "database.invalid_credential_type"), ("""{"credential_config":{"x":"y"}}""", "database.invalid_credential_config"),
            ("""{"default_ttl":-1}""", "database.invalid_ttl"), ("""{"creation_statements":["'"]}""", "database.invalid_statements"),
        })
            Assert.Equal(code, (await node.WriteAsync("database/roles/app", body)).Failure?.Code);
        await node.DeleteAsync("database/roles/app").Ok();
        await node.ReadAsync("database/roles/app").Fails(FailureKind.NotFound);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_that_could_not_be_ended_is_not_made()
    {
        await PrepareAsync("""
            "revocation_statements":["DO $$ BEGIN EXECUTE 'DROP ROLE \"{{name}}\"'; END $$"]
            """);
        await node.WriteAsync("database/config/db", """{"username_template":"a b'{{random 20}}"}""").Ok();
        Assert.Equal("database.unsafe_statement", (await node.ReadAsync("database/creds/app")).Failure?.Code);
        Assert.NotNull((await node.ListAsync("sys/leases/lookup/database/creds/app")).Failure);
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_connection_that_is_refused_is_no_refusal_of_each_lease()
    {
        await PrepareAsync("");
        var answer = await node.ReadAsync("database/creds/app").Ok();
        var admin = (await node.ReadAsync("database/config/db").Ok()).Json().GetProperty("connection_details").GetProperty("username").GetString();
        await postgres.RunAsync($"ALTER ROLE {admin} PASSWORD 'changed-behind-our-back'");
        await node.WriteAsync("database/reset/db").Ok();
        await postgres.RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{admin}'");
        await node.WriteAsync("sys/leases/revoke", $$"""{"lease_id":"{{answer.Lease!.Id}}"}""").Fails(FailureKind.Unavailable);
        await postgres.RunAsync($"ALTER ROLE {admin} PASSWORD '{Admin}'");
        await GoneAsync(Credentials(answer).Username);
    }

    private async Task PrepareAsync(string more)
    {
        var admin = await postgres.NewAdministratorAsync(Admin);
        await node.WriteAsync("database/config/db", DatabaseHost.Connection(postgres.Server.Port, admin, Admin)).Ok();
        await node.WriteAsync("database/roles/app", $$"""{"db_name":"db","creation_statements":["{{Creation}}"]{{(more.Length == 0 ? "" : "," + more)}}}""").Ok();
    }

    private static (string Username, string Password) Credentials(Response answer) =>
        (answer.Json().GetProperty("username").GetString()!, answer.Json().GetProperty("password").GetString()!);

    private async Task<DateTimeOffset> ValidUntilAsync(string username) => DateTimeOffset.Parse(
        (await postgres.AskAsync($"SELECT to_char(rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM pg_roles WHERE rolname = '{username}'"))[0],
        System.Globalization.CultureInfo.InvariantCulture);

    private async Task<string> CommentAsync(string username) =>
        (await postgres.AskAsync($"SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = '{username}'"))[0];

    private Task GoneAsync(string username) => Eventually.HoldsAsync(async () => !await postgres.HasUserAsync(username));
}
