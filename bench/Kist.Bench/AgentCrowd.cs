using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Kist.Client;
using Kist.Client.Agent;
using Kist.Client.Agent.Templates;
using Kist.Client.Settings;
using Kist.Client.Templates;
using Kist.Crypto;
using Kist.Harness;

namespace Kist.Bench;

/// <summary>
/// A thousand agents on one server, each with a token, a connection, a watch and a file of its own. They are the agent's own code, all in this process, since
/// a thousand processes would need more memory than machines have; what is measured is the server, and the way of a change to the last file.
/// </summary>
internal static class AgentCrowd
{
    private const int Agents = 1000;
    private const int Changes = 5;
    private const string Secret = "secret/data/bench/shared";
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [SuppressMessage("Security", "S5443", Justification = "The bench's values are no secrets, and a pod's files are in memory too.")]
    public static async Task<IReadOnlyList<Figure>> MeasureAsync(BenchServer bench)
    {
        Turns.Tell($"{Agents} agents");
        var (server, home) = (bench.Server, Directory.CreateDirectory($"/dev/shm/kist-crowd-{Environment.ProcessId}").FullName);
        await WriteAsync(server, "first");
        var alone = await ProcessorAsync(server);
        var before = server.Process.ResidentBytes;
        var files = Enumerable.Range(0, Agents).Select(i => Path.Combine(home, i.ToString(CultureInfo.InvariantCulture))).ToList();
        using var stop = new CancellationTokenSource();
        var agents = new List<(AgentTemplates Templates, KistClient Client, Task Running)>();
        try
        {
            foreach (var file in files)
                agents.Add(Start(server.Address, await TokenAsync(server), file, stop.Token));
            await ReachAllAsync(files, agents, "first");
            var idle = await ProcessorAsync(server);
            var memory = server.Process.ResidentBytes - before;
            var waits = new List<IReadOnlyList<double>>();
            for (var change = 0; change < Changes; change++)
            {
                var value = $"change {change}";
                await WriteAsync(server, value);
                waits.Add(await ReachAllAsync(files, agents, value));
            }
            // Of the changes the median one by its last file.
            var wait = waits.OrderBy(static w => w[^1]).ElementAt(Changes / 2);
            return
            [
                new Figure("server with no agent, idle: of one core", Percent(alone), "", "", "", null),
                new Figure($"{Agents:#,0} agents, idle: of one core", Percent(idle), "", "", "", null),
                new Figure($"{Agents:#,0} agents, idle: memory added", string.Create(CultureInfo.InvariantCulture, $"{memory / 1e6:0} MB"), "", "", "", null),
                new Figure($"{Agents:#,0} agents: a changed secret in the first file", Seconds(wait[0]), "", "", "", null),
                new Figure($"{Agents:#,0} agents: a changed secret in half of the files", Seconds(wait[wait.Count / 2]), "", "", "", null),
                Figure.Below($"{Agents:#,0} agents: a changed secret in all files", wait[^1], 1, "s"),
            ];
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(agents.Select(static a => a.Running)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var agent in agents)
                agent.Client.Dispose();
            Directory.Delete(home, recursive: true);
        }
    }

    private static (AgentTemplates Templates, KistClient Client, Task Running) Start(Uri address, string token, string file, CancellationToken stop)
    {
        var client = new KistClient(new ClientSettings { Address = ServerAddress.Parse(address.AbsoluteUri) }, TimeProvider.System);
        var held = new AgentToken();
        held.Set(new SecretText(token));
        var template = new TemplateConfig
        {
            Contents = """{{ with secret "secret/bench/shared" }}{{ .Data.data.password }}{{ end }}""",
            Destination = file,
        };
        var templates = new AgentTemplates(
            [template],
            new TemplateOptionsConfig { StaticSecretRenderInterval = TimeSpan.FromHours(1) },
            client,
            held,
            new AgentStatus(TimeProvider.System),
            static (_, _) => { },
            new TemplateEnvironment(new Dictionary<string, string>(), TimeProvider.System));
        return (templates, client, Task.Run(() => templates.RunAsync(once: false, stop), CancellationToken.None));
    }

    /// <summary>Waits until all files hold a value, and tells how long each took from now on, the shortest first.</summary>
    private static async Task<IReadOnlyList<double>> ReachAllAsync(
        List<string> files, List<(AgentTemplates Templates, KistClient Client, Task Running)> agents, string value)
    {
        var began = Stopwatch.GetTimestamp();
        var times = new List<double>();
        var left = files.ToList();
        while (left.Count > 0)
        {
            left.RemoveAll(file =>
            {
                if (!File.Exists(file) || File.ReadAllText(file) != value)
                    return false;
                times.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                return true;
            });
            if (Stopwatch.GetElapsedTime(began) > Patience || agents.Exists(static a => a.Running.IsCompleted))
                throw new InvalidOperationException($"{left.Count} of {files.Count} files do not hold the secret");
            await Task.Delay(5);
        }
        return times;
    }

    private static async Task<double> ProcessorAsync(KistServer server)
    {
        // What was begun is done by then.
        await Task.Delay(TimeSpan.FromSeconds(3));
        using var process = Process.GetProcessById(server.Process.Id);
        var (before, began) = (process.TotalProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(Idle);
        process.Refresh();
        return (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(began);
    }

    private static async Task<string> TokenAsync(KistServer server) =>
        (await server.Api.WriteAsync("auth/token/create", new { policies = "bench", ttl = "1h" })).Good().ClientToken;

    private static async Task WriteAsync(KistServer server, string password) =>
        (await server.Api.WriteAsync(Secret, new { data = new { password } })).Good();

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %");

    private static string Seconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{time:0.00} s");
}
