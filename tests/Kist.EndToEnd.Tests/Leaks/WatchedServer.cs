using Kist.Harness;

namespace Kist.EndToEnd.Tests.Leaks;

/// <summary>A server with the secrets that a test uses on it. Its disposal fails the test when one of them was left in clear anywhere.</summary>
public sealed class WatchedServer : IAsyncDisposable
{
    private WatchedServer(KistServer server) => Server = server;

    /// <summary>The server.</summary>
    public KistServer Server { get; }

    /// <summary>A client of it.</summary>
    public ApiClient Api => Server.Api;

    /// <summary>What the test uses.</summary>
    public PlantedSecrets Secrets { get; } = new();

    /// <summary>Starts a fresh server that is not initialised.</summary>
    public static async Task<WatchedServer> StartAsync(ServerOptions options) => new(await KistServer.StartAsync(options));

    /// <summary>Starts, initialises and unseals a server with a file audit device; its root token and keys are secrets.</summary>
    public static async Task<(WatchedServer Server, InitializedServer Keys)> StartReadyAsync(ServerOptions options)
    {
        var watched = await StartAsync(options);
        try
        {
            var keys = await watched.Server.InitializeAsync();
            watched.Secrets.Add("root token", keys.RootToken);
            foreach (var key in keys.Keys)
                watched.Secrets.Add("share", key);
            if (options.StaticSeal)
                watched.Secrets.Add("seal key", await File.ReadAllTextAsync(watched.Server.SealKeyFile));
            (await watched.Api.WriteAsync("sys/audit/file", new { type = "file", options = new { file_path = watched.AuditFile } })).Good();
            return (watched, keys);
        }
        catch
        {
            await watched.DisposeAsync();
            throw;
        }
    }

    /// <summary>The file of the audit device that <see cref="StartReadyAsync"/> enables.</summary>
    public string AuditFile => Path.Combine(Server.AuditDirectory, "audit.log");

    /// <summary>Every place where a secret stands now: database, write-ahead log, shared memory, audit files and what the program printed.</summary>
    public IReadOnlyList<string> Leaks() =>
    [
        .. LeakSearch.InDirectory(Server.DataDirectory, Secrets),
        .. LeakSearch.InDirectory(Server.AuditDirectory, Secrets),
        .. LeakSearch.InText("output", Server.Logs, Secrets),
    ];

    /// <summary>Searches for leaks, then ends the server and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (Server)
            Assert.Empty(Leaks());
    }
}
