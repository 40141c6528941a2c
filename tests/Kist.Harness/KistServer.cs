using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Kist.Harness;

/// <summary>How a server is set up.</summary>
public sealed record ServerOptions
{
    /// <summary>Serve TLS with a certificate made for the run.</summary>
    public bool Tls { get; init; }

    /// <summary>Unseal by a key in a file, unattended, instead of by shares.</summary>
    public bool StaticSeal { get; init; }

    /// <summary>The program to run.</summary>
    public string Program { get; init; } = BuiltProgram.Path;

    /// <summary>How much the server logs; everything by default, so that the search for leaks sees all there is.</summary>
    public string LogLevel { get; init; } = "trace";

    /// <summary>Where the database goes; null for a directory of the server's own.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Lines for the configuration's TCP listener.</summary>
    public string ListenerSettings { get; init; } = "";

    /// <summary>Lines for the configuration's top level; <c>HOME</c> stands for the server's own directory.</summary>
    public string Settings { get; init; } = "";

    /// <summary>Environment of the program, added to that of the caller.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>
/// The built program as <c>kist server</c> on a port and in a directory of its own, over restarts. Nothing of it stays after disposal.
/// </summary>
public sealed class KistServer : IAsyncDisposable
{
    /// <summary>The id of the static seal's key.</summary>
    public const string SealKeyId = "test-1";

    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(30);

    private readonly ServerOptions options;
    private readonly TestCertificates? certificates;
    private readonly List<string> earlierOutput = [];
    private KistProcess? process;

    private KistServer(ServerOptions options)
    {
        this.options = options;
        Home = Directory.CreateTempSubdirectory("kist-").FullName;
        DataDirectory = options.DataDirectory ?? Directory.CreateDirectory(Path.Combine(Home, "data")).FullName;
        AuditDirectory = Directory.CreateDirectory(Path.Combine(Home, "audit")).FullName;
        certificates = options.Tls ? TestCertificates.Create(Home) : null;
        Address = FreeAddress(options.Tls);
        Api = new ApiClient(Address, certificates?.AuthorityFile);
        ServerConfiguration.Write(this, options, certificates);
    }

    /// <summary>The server's own directory.</summary>
    public string Home { get; }

    /// <summary>Holds the database.</summary>
    public string DataDirectory { get; }

    /// <summary>For audit files.</summary>
    public string AuditDirectory { get; }

    /// <summary>The database file.</summary>
    public string Database => Path.Combine(DataDirectory, "kist.db");

    /// <summary>The configuration file.</summary>
    public string ConfigurationFile => Path.Combine(Home, "kist.hcl");

    /// <summary>The key of the static seal.</summary>
    public string SealKeyFile => Path.Combine(Home, "seal.key");

    /// <summary>The authority that clients trust, or null without TLS.</summary>
    public string? AuthorityFile => certificates?.AuthorityFile;

    /// <summary>The files of its TLS listener.</summary>
    public TestCertificates Certificates => certificates ?? throw new InvalidOperationException("the server has no TLS");

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client, with the root token once initialised.</summary>
    public ApiClient Api { get; }

    /// <summary>The current run.</summary>
    public KistProcess Process => process ?? throw new InvalidOperationException("the server is not started");

    /// <summary>What all runs printed.</summary>
    public string Logs => string.Concat(earlierOutput) + process?.Output;

    /// <summary>
    /// An address on a port that nobody uses. Below the range from which the system takes the ports of outgoing connections, so that none of those
    /// takes it before the server does.
    /// </summary>
    public static Uri FreeAddress(bool tls = false)
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return new Uri($"{(tls ? "https" : "http")}://127.0.0.1:{port}");
            }
            catch (SocketException)
            {
                // Taken; try another.
            }
        }
    }

    /// <summary>Prepares a server without starting it.</summary>
    public static KistServer Create(ServerOptions options) => new(options);

    /// <summary>Starts a server and waits until it answers.</summary>
    public static async Task<KistServer> StartAsync(ServerOptions options)
    {
        var server = new KistServer(options);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the program without waiting for it.</summary>
    public void Launch()
    {
        var start = BuiltProgram.Start(options.Program, ["server", $"-config={ConfigurationFile}"]);
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in options.Environment)
            start.Environment[name] = value;
        Launch(start);
    }

    /// <summary>Starts the program in a way of the caller's own, without waiting for it.</summary>
    public void Launch(ProcessStartInfo start)
    {
        if (process is not null)
            earlierOutput.Add(process.Output);
        start.WorkingDirectory = Home;
        process = KistProcess.Start(start);
    }

    /// <summary>Starts the program and waits until it answers, sealed or not.</summary>
    /// <exception cref="InvalidOperationException">It ended or stayed silent; the message holds what it printed.</exception>
    public async Task StartAsync()
    {
        Launch();
        await AnswersAsync("sys/health?standbyok=true&sealedcode=200&uninitcode=200");
    }

    /// <summary>Waits until a GET of <paramref name="path"/> answers 200.</summary>
    /// <exception cref="InvalidOperationException">The program ended or stayed silent; the message holds what it printed.</exception>
    public async Task AnswersAsync(string path)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!Process.HasExited && TimeProvider.System.GetElapsedTime(began) < PatienceAtStart)
        {
            try
            {
                if ((await Api.ReadAsync(path)).Status == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(5);
        }
        throw new InvalidOperationException(Process.HasExited
            ? $"the server ended with {Process.ExitCode}:\n{Logs}"
            : $"the server did not answer 200 to {path} within {PatienceAtStart}:\n{Logs}");
    }

    /// <summary>Ends the program by SIGTERM and starts it again.</summary>
    public async Task RestartAsync()
    {
        await Process.StopAsync();
        await StartAsync();
    }

    /// <summary>Initialises a fresh server, keeps the root token in <see cref="Api"/> and unseals it.</summary>
    public async Task<InitializedServer> InitializeAsync()
    {
        object request = options.StaticSeal
            ? new { recovery_shares = 1, recovery_threshold = 1 }
            : new { secret_shares = 3, secret_threshold = 2 };
        var answer = (await Api.WriteAsync("sys/init", request)).Good().Json;
        var keys = Strings(answer, "keys").Concat(Strings(answer, "recovery_keys")).ToList();
        var result = new InitializedServer(answer.GetProperty("root_token").GetString()!, keys);
        Api.Token = result.RootToken;
        await (options.StaticSeal ? AnswersAsync("sys/health") : UnsealAsync(result));
        return result;
    }

    /// <summary>Unseals with the shares.</summary>
    public async Task UnsealAsync(InitializedServer keys)
    {
        foreach (var key in keys.Keys.Take(2))
            (await Api.WriteAsync("sys/unseal", new { key })).Good();
        await AnswersAsync("sys/health");
    }

    /// <summary>Kills the program and removes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        Api.Dispose();
        certificates?.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    private static IEnumerable<string> Strings(JsonElement answer, string name) =>
        answer.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(e => e.GetString()!)
            : [];
}

/// <summary>What <c>sys/init</c> gave.</summary>
/// <param name="RootToken">The root token.</param>
/// <param name="Keys">Unseal shares, in hexadecimal; recovery keys with a static seal.</param>
public sealed record InitializedServer(string RootToken, IReadOnlyList<string> Keys);
