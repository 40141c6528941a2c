using Kist.Crypto;
using Kist.Harness.Servers;

namespace Kist.Engines.Tests.Database;

/// <summary>Connections that another mount sets passwords through.</summary>
[Collection(SharedPostgresCollection.Name)]
public sealed class LentConnectionsTests(SharedPostgres postgres)
{
    private const string Admin = "admin-of-one-test";

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task A_user_gets_a_password_and_it_can_be_tried()
    {
        await using var host = await DatabaseHost.StartAsync();
        await host.ConnectAsync(postgres.Server.Port, await postgres.NewAdministratorAsync(Admin), Admin).Ok();
        var user = await postgres.NewUserAsync();
        using var password = new SecretText("one of another mount");
        Assert.True((await host.Engine.CheckPasswordUserAsync(host.Storage, "db", user, default)).Succeeded);
        Assert.False((await host.Engine.VerifyPasswordAsync(host.Storage, "db", user, password, default)).Value);
        Assert.True((await host.Engine.ApplyPasswordAsync(host.Storage, "db", user, password, default)).Succeeded);
        Assert.True((await host.Engine.VerifyPasswordAsync(host.Storage, "db", user, password, default)).Value);
        Assert.True(await postgres.CanLogInAsync(user, "one of another mount"));
    }

    [FactNeedingServer(NeededServer.Postgres)]
    public async Task The_connections_own_user_and_connections_that_are_not_there_are_refused()
    {
        await using var host = await DatabaseHost.StartAsync();
        var admin = await postgres.NewAdministratorAsync(Admin);
        await host.ConnectAsync(postgres.Server.Port, admin, Admin).Ok();
        using var password = new SecretText("other");
        Assert.Equal("database.own_user", (await host.Engine.ApplyPasswordAsync(host.Storage, "db", admin, password, default)).Failure?.Code);
        Assert.True(await postgres.CanLogInAsync(admin, Admin));
        foreach (var name in new[] { "none", "", "../db" })
        {
            Assert.Equal("database.unknown_connection", (await host.Engine.CheckPasswordUserAsync(host.Storage, name, "u", default)).Failure?.Code);
            Assert.False((await host.Engine.VerifyPasswordAsync(host.Storage, name, "u", password, default)).Succeeded);
        }
    }
}
