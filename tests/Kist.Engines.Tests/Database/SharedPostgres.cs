using Kist.Harness.Servers;
using Npgsql;

namespace Kist.Engines.Tests.Database;

/// <summary>One PostgreSQL for all tests that leave it running; each keeps to users of its own.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    private PostgresServer? server;
    private NpgsqlDataSource? admin;

    public PostgresServer Server => server ?? throw new InvalidOperationException("PostgreSQL is not installed");

    public async Task InitializeAsync()
    {
        if (!PostgresServer.Installed)
            return;
        server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = ["log_statement=all"] });
        admin = NpgsqlDataSource.Create(PostgresClient.ConnectionString(server.Port, PostgresServer.Superuser, PostgresServer.Password));
    }

    public async Task DisposeAsync()
    {
        if (admin is not null)
            await admin.DisposeAsync();
        if (server is not null)
            await server.DisposeAsync();
    }

    /// <summary>A statement by the superuser.</summary>
    public async Task RunAsync(string sql)
    {
        await using var command = admin!.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of a query by the superuser.</summary>
    public async Task<IReadOnlyList<string>> AskAsync(string sql)
    {
        await using var command = admin!.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.IsDBNull(0) ? "" : reader.GetString(0));
        return rows;
    }

    public async Task<bool> HasUserAsync(string name) => (await AskAsync($"SELECT rolname::text FROM pg_roles WHERE rolname = '{name}'")).Count == 1;

    /// <summary>A user that may make others, for a connection of one test.</summary>
    public async Task<string> NewAdministratorAsync(string password = "admin-of-one-test")
    {
        var name = "admin_" + Guid.NewGuid().ToString("N")[..12];
        await RunAsync($"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{password}'");
        return name;
    }

    /// <summary>A user with a password.</summary>
    public async Task<string> NewUserAsync(string password = "password-of-before")
    {
        var name = "user_" + Guid.NewGuid().ToString("N")[..12];
        await RunAsync($"CREATE ROLE {name} LOGIN PASSWORD '{password}'");
        return name;
    }

    public Task<bool> CanLogInAsync(string username, string password) => PostgresClient.CanLogInAsync(Server.Port, username, password);
}

/// <summary>What tests do to a PostgreSQL.</summary>
internal static class PostgresClient
{
    public static string ConnectionString(int port, string username, string password) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = PrivateServer.Host,
            Port = port,
            Username = username,
            Password = password,
            Database = "postgres",
            MaxPoolSize = 4,
            Passfile = "/dev/null",
        }.ConnectionString;

    public static async Task<bool> CanLogInAsync(int port, string username, string password)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(port, username, password) + ";Pooling=false");
        try
        {
            await connection.OpenAsync();
            return true;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            return false;
        }
    }
}

[CollectionDefinition(Name)]
public sealed class SharedPostgresCollection : ICollectionFixture<SharedPostgres>
{
    public const string Name = "postgres";
}
