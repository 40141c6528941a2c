using Kist.Core;
using Kist.Core.Pipeline;
using Kist.Crypto;
using Kist.Engines.Database.Stored;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

[Collection(SharedPostgresCollection.Name)]
public sealed class StaticRoleTests(SharedPostgres postgres)
{
    private const string Admin = "admin-of-one-test";

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_new_role_takes_the_password_over_and_answers_it_with_the_time_it_holds()
    {
        await using var host = await StartAsync();
        var user = await postgres.NewUserAsync();
        Assert.Equal(Operation.Create, (await host.WriteAsync("static-roles/s", Role(user)).Ok()).Operation);
        Assert.False(await postgres.CanLogInAsync(user, "password-of-before"));
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        var creds = await host.ReadAsync("static-creds/s").Ok();
        Assert.True(await postgres.CanLogInAsync(user, creds.Text("password")));
        Assert.Equal((user, 3000, 3600), (creds.Text("username"), creds.Number("ttl"), creds.Number("rotation_period")));
        Assert.Equal("2025-03-01T12:00:00Z", creds.Text("last_vault_rotation"));
        var read = await host.ReadAsync("static-roles/s").Ok();
        Assert.Equal((user, "db", 3600, "password"), (read.Text("username"), read.Text("db_name"), read.Number("rotation_period"), read.Text("credential_type")));
        Assert.Null(read.Body!["password"]);
        Assert.Equal(["s"], (await host.ListAsync("static-roles").Ok()).Keys);
        await host.DeleteAsync("static-roles/s").Ok();
        await host.ReadAsync("static-creds/s").Is("database.unknown_role");
        Assert.Empty(await host.Storage.Folder("due/").ScanAsync("", 0, default));
        Assert.True(await postgres.CanLogInAsync(user, creds.Text("password")));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task The_leader_rotates_what_is_due_and_nothing_else()
    {
        await using var host = await StartAsync();
        var (early, late) = (await postgres.NewUserAsync(), await postgres.NewUserAsync());
        await host.WriteAsync("static-roles/early", Role(early)).Ok();
        await host.WriteAsync("static-roles/late", Role(late, "2h")).Ok();
        var (first, other) = (await host.PasswordAsync("early"), await host.PasswordAsync("late"));
        host.Clock.Advance(TimeSpan.FromMinutes(59));
        await host.TendAsync();
        Assert.Equal(first, await host.PasswordAsync("early"));
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        await host.TendAsync();
        var second = await host.PasswordAsync("early");
        Assert.NotEqual(first, second);
        Assert.Equal(other, await host.PasswordAsync("late"));
        Assert.True(await postgres.CanLogInAsync(early, second));
        Assert.Equal(3600, (await host.ReadAsync("static-creds/early").Ok()).Number("ttl"));
        // A shorter period counts at once.
        await host.WriteAsync("static-roles/late", """{"rotation_period":"30m"}""").Ok();
        await host.TendAsync();
        Assert.NotEqual(other, await host.PasswordAsync("late"));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_role_can_be_taken_over_without_a_rotation()
    {
        await using var host = await StartAsync();
        var (known, unknown) = (await postgres.NewUserAsync(), await postgres.NewUserAsync());
        await host.WriteAsync("static-roles/known", Role(known, more: ""","skip_import_rotation":true,"password":"password-of-before" """)).Ok();
        await host.WriteAsync("static-roles/unknown", Role(unknown, more: ""","skip_import_rotation":true""")).Ok();
        Assert.Equal("password-of-before", await host.PasswordAsync("known"));
        await host.ReadAsync("static-creds/unknown").Is("database.password_unknown");
        Assert.True(await postgres.CanLogInAsync(unknown, "password-of-before"));
        await host.WriteAsync("static-roles/known", """{"skip_import_rotation":true}""").Is("database.only_at_creation");
        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.TendAsync();
        Assert.True(await postgres.CanLogInAsync(known, await host.PasswordAsync("known")));
        Assert.True(await postgres.CanLogInAsync(unknown, await host.PasswordAsync("unknown")));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task What_the_database_refuses_makes_no_role_and_leaves_the_password()
    {
        await using var host = await StartAsync();
        var user = await postgres.NewUserAsync();
        const string broken = ""","rotation_statements":["SELECT nothing_of_this_name('{{password}}')"]""";
        var refused = await host.WriteAsync("static-roles/s", Role(user, more: broken)).Is("database.refused");
        Assert.Equal(FailureKind.Invalid, refused.Failure!.Kind);
        await host.ReadAsync("static-roles/s").Is("not_found");
        await host.WriteAsync("static-roles/s", Role("nobody_of_this_name")).Is("database.refused");
        await host.ReadAsync("static-roles/s").Is("not_found");
        Assert.True(await postgres.CanLogInAsync(user, "password-of-before"));
        Assert.Empty(await host.Storage.Folder("due/").ScanAsync("", 0, default));
    }

    // Rights that are withdrawn come back some time; until then the clients keep the password that works.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_role_whose_rotation_is_refused_keeps_its_password_and_heals()
    {
        var admin = await postgres.NewAdministratorAsync(Admin);
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(postgres.Server.Port, admin, Admin).Ok();
        var user = await postgres.NewUserAsync();
        await host.WriteAsync("static-roles/s", Role(user)).Ok();
        var password = await host.PasswordAsync("s");
        await postgres.RunAsync($"ALTER ROLE {admin} NOCREATEROLE");
        await host.WriteAsync("rotate-role/s").Is("database.refused");
        Assert.Equal(password, await host.PasswordAsync("s"));
        Assert.True(await postgres.CanLogInAsync(user, password));
        host.Clock.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<AggregateException>(host.TendAsync);
        Assert.Equal(password, await host.PasswordAsync("s"));
        await postgres.RunAsync($"ALTER ROLE {admin} CREATEROLE");
        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.TendAsync();
        var healed = await host.PasswordAsync("s");
        Assert.NotEqual(password, healed);
        Assert.True(await postgres.CanLogInAsync(user, healed));
    }

    // A thousand roles would be a thousand failed logins of the connection's user otherwise.
    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_connection_whose_login_is_refused_is_asked_once_for_all_that_is_due()
    {
        var admin = await postgres.NewAdministratorAsync(Admin);
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(postgres.Server.Port, admin, Admin).Ok();
        foreach (var name in new[] { "a", "b", "c" })
            await host.WriteAsync($"static-roles/{name}", Role(await postgres.NewUserAsync())).Ok();
        await postgres.RunAsync($"ALTER ROLE {admin} PASSWORD 'another'");
        await host.WriteAsync("reset/db").Ok();
        host.Clock.Advance(TimeSpan.FromHours(1));
        var failed = await Assert.ThrowsAsync<AggregateException>(host.TendAsync);
        Assert.Contains("database.login_refused", Assert.Single(failed.InnerExceptions).Message, StringComparison.Ordinal);
        await postgres.RunAsync($"ALTER ROLE {admin} PASSWORD '{Admin}'");
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.TendAsync();
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_role_whose_rotation_fails_in_a_way_that_nobody_thought_of_keeps_no_other_from_its_own()
    {
        await using var host = await StartAsync();
        var users = new[] { await postgres.NewUserAsync(), await postgres.NewUserAsync() };
        await host.WriteAsync("config/odd", DatabaseHost.Connection(postgres.Server.Port, await postgres.NewAdministratorAsync(Admin), Admin)).Ok();
        await host.WriteAsync("static-roles/a", Role(users[0]).Replace("\"db\"", "\"odd\"", StringComparison.Ordinal)).Ok();
        await host.WriteAsync("static-roles/b", Role(users[1])).Ok();
        var (odd, sound) = (await host.PasswordAsync("a"), await host.PasswordAsync("b"));
        // What no check lets in.
        var stored = (await DatabaseStore.ReadConnectionAsync(host.Storage, "odd", default))!.Value;
        var details = stored.Record.Details with { ConnectionUrl = new SecretText("host=h target_session_attrs=read-write") };
        Assert.True((await DatabaseStore.Replace(host.Storage, "odd", stored.Revision, stored.Record with { Details = details }).CommitAsync(default)).Succeeded);
        host.Clock.Advance(TimeSpan.FromHours(1));
        var failed = await Assert.ThrowsAsync<AggregateException>(host.TendAsync);
        Assert.Contains("role a ", Assert.Single(failed.InnerExceptions).Message, StringComparison.Ordinal);
        Assert.Equal(odd, (await host.StoredRoleAsync("a")).Password!.Reveal());
        Assert.NotEqual(sound, await host.PasswordAsync("b"));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task Names_rights_and_fields_are_checked()
    {
        var admin = await postgres.NewAdministratorAsync(Admin);
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(postgres.Server.Port, admin, Admin).Ok();
        await host.WriteAsync("config/db", """{"allowed_roles":"good-*"}""").Ok();
        var user = await postgres.NewUserAsync();
        await host.WriteAsync("static-roles/bad", Role(user)).Is("database.role_not_allowed");
        await host.WriteAsync("static-roles/good-1", Role(admin)).Is("database.own_user");
        await host.WriteAsync("static-roles/good-1", """{"db_name":"other","username":"x","rotation_period":"1h"}""").Is("database.unknown_connection");
        await host.WriteAsync("static-roles/good-1", """{"username":"x","rotation_period":"1h"}""").Is("database.no_db_name");
        await host.WriteAsync("static-roles/good-1", """{"db_name":"db","rotation_period":"1h"}""").Is("database.no_username");
        await host.WriteAsync("static-roles/good-1", """{"db_name":"db","username":"x"}""").Is("database.no_rotation_period");
        await host.WriteAsync("static-roles/good-1", Role(user, "4s")).Is("database.invalid_rotation_period");
        await host.WriteAsync("static-roles/good-1", Role(user, more: ""","credential_type":"rsa_private_key" """)).Is("database.unsupported_credential_type");
        await host.WriteAsync("static-roles/good-1", Role(user)).Ok();
        await host.WriteAsync("static-roles/good-1", """{"username":"other"}""").Is("database.fixed_username");
        await host.WriteAsync("static-roles/good-1", """{"db_name":"other"}""").Is("database.fixed_db_name");
        await host.WriteAsync("roles/good-1", """{"db_name":"db","creation_statements":"x"}""").Is("database.name_taken");
        await host.WriteAsync("roles/good-2", """{"db_name":"db","creation_statements":"x"}""").Ok();
        await host.WriteAsync("static-roles/good-2", Role(user)).Is("database.name_taken");
        await host.WriteAsync("rotate-role/good-2").Is("database.unknown_role");
        await host.WriteAsync("config/db", """{"allowed_roles":""}""").Ok();
        await host.ReadAsync("static-creds/good-1").Is("database.role_not_allowed");
    }

    private async Task<DatabaseHost> StartAsync()
    {
        var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(postgres.Server.Port, await postgres.NewAdministratorAsync(Admin), Admin).Ok();
        return host;
    }

    private static string Role(string user, string period = "1h", string more = "") =>
        $$"""{"db_name":"db","username":"{{user}}","rotation_period":"{{period}}"{{more}}}""";
}
