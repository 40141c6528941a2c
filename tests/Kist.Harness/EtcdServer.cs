using System.Globalization;
using System.Net;

namespace Kist.Harness;

/// <summary>How an etcd is set up.</summary>
public sealed record EtcdServerOptions
{
    /// <summary>Serve TLS with this, and demand certificates of its authority from clients; null for none.</summary>
    public TestCertificates? Certificates { get; init; }

    /// <summary>Further flags.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];
}

/// <summary>
/// Debian's etcd on ports and in a directory of its own, over restarts, alone or as a member of a cluster. Nothing of it stays after disposal.
/// </summary>
public sealed class EtcdServer : IAsyncDisposable
{
    /// <summary>Where Debian's package etcd-server puts the server.</summary>
    public const string Program = "/usr/bin/etcd";

    /// <summary>Where Debian's package etcd-client puts the command-line client.</summary>
    public const string Client = "/usr/bin/etcdctl";

    private static readonly TimeSpan PatienceAtStart = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PatienceWithClient = TimeSpan.FromSeconds(60);

    private readonly string home = Directory.CreateTempSubdirectory("kist-etcd-").FullName;
    private readonly EtcdServerOptions options;
    private readonly string name;
    private readonly Uri peer = KistServer.FreeAddress();
    private readonly Uri health = KistServer.FreeAddress();
    private string cluster = "";
    private KistProcess? process;

    private EtcdServer(EtcdServerOptions options, string name)
    {
        this.options = options;
        this.name = name;
        Endpoint = KistServer.FreeAddress(tls: options.Certificates is not null);
    }

    /// <summary>True when server and client are installed.</summary>
    public static bool Installed => File.Exists(Program) && File.Exists(Client);

    /// <summary>Where clients connect to.</summary>
    public Uri Endpoint { get; }

    /// <summary>The files that clients show and trust, or null without TLS.</summary>
    public TestCertificates? Certificates => options.Certificates;

    /// <summary>The member's database file.</summary>
    public string Database => Path.Combine(home, "data", "member", "snap", "db");

    /// <summary>The current run.</summary>
    public KistProcess Process => process ?? throw new InvalidOperationException("etcd is not started");

    /// <summary>Starts an etcd and waits until it takes writes.</summary>
    public static async Task<EtcdServer> StartAsync(EtcdServerOptions options) => (await StartClusterAsync(1, options))[0];

    /// <summary>Starts the members of a cluster and waits until all take writes.</summary>
    public static async Task<IReadOnlyList<EtcdServer>> StartClusterAsync(int members, EtcdServerOptions options)
    {
        var servers = Enumerable.Range(0, members).Select(i => new EtcdServer(options, $"member{i}")).ToList();
        var all = string.Join(',', servers.Select(s => $"{s.name}={Text(s.peer)}"));
        try
        {
            foreach (var server in servers)
            {
                server.cluster = all;
                server.Launch();
            }
            foreach (var server in servers)
                await server.AnswersAsync();
            return servers;
        }
        catch
        {
            foreach (var server in servers)
                await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts an ended member again, with the data it had, and waits until it takes writes.</summary>
    public async Task RestartAsync()
    {
        Launch();
        await AnswersAsync();
    }

    /// <summary>Stops the member without ending it: its connections stay open and silent, until it is disposed of.</summary>
    public async Task FreezeAsync()
    {
        Process.Signal(Signals.Stop);
        // The signal returns before every thread has stopped.
        while (!Directory.EnumerateDirectories($"/proc/{Process.Id}/task").All(IsStopped))
            await Task.Delay(1);
    }

    /// <summary>Runs etcdctl against this member; the answer's output is what it printed.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<string> ControlAsync(params IEnumerable<string> arguments)
    {
        List<string> all = [$"--endpoints={Text(Endpoint)}"];
        if (options.Certificates is { } files)
            all.AddRange([$"--cacert={files.AuthorityFile}", $"--cert={files.CertificateFile}", $"--key={files.KeyFile}"]);
        var start = BuiltProgram.Start(Client, [.. all, .. arguments]);
        start.Environment["ETCDCTL_API"] = "3";
        var ended = await KistProcess.RunAsync(start, PatienceWithClient, "", CancellationToken.None);
        return ended.ExitCode == 0
            ? ended.Output
            : throw new InvalidOperationException($"etcdctl {string.Join(' ', arguments)} failed:\n{ended.Output}{ended.Errors}");
    }

    /// <summary>Kills the member and removes its files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
            await process.DisposeAsync();
        Directory.Delete(home, recursive: true);
    }

    // The state follows the name, which is in parentheses.
    private static bool IsStopped(string thread)
    {
        var state = File.ReadAllText(Path.Combine(thread, "stat"));
        return state[state.LastIndexOf(')') + 2] == 'T';
    }

    private void Launch()
    {
        List<string> arguments =
        [
            $"--name={name}", $"--data-dir={Path.Combine(home, "data")}",
            $"--listen-client-urls={Text(Endpoint)}", $"--advertise-client-urls={Text(Endpoint)}",
            $"--listen-peer-urls={Text(peer)}", $"--initial-advertise-peer-urls={Text(peer)}", $"--initial-cluster={cluster}",
            $"--listen-metrics-urls={Text(health)}", "--logger=zap", "--log-level=warn",
        ];
        if (options.Certificates is { } files)
        {
            arguments.AddRange(
                [$"--cert-file={files.CertificateFile}", $"--key-file={files.KeyFile}", $"--trusted-ca-file={files.AuthorityFile}", "--client-cert-auth"]);
        }
        process = KistProcess.Start(Guardian.Start(Program, [.. arguments, .. options.Arguments]));
    }

    private async Task AnswersAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler());
        var began = TimeProvider.System.GetTimestamp();
        while (!Process.HasExited && TimeProvider.System.GetElapsedTime(began) < PatienceAtStart)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(health, "health"));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            await Task.Delay(20);
        }
        throw new InvalidOperationException(Process.HasExited
            ? $"etcd ended with {Process.ExitCode.ToString(CultureInfo.InvariantCulture)}:\n{Process.Output}"
            : $"etcd did not become healthy within {PatienceAtStart}:\n{Process.Output}");
    }

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
