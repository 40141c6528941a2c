using System.Globalization;
using System.Text;
using Kist.Harness;

namespace Kist.Bench;

/// <summary>What it costs to bring secrets to programs: the start of <c>kist run</c>, an agent with many templates, and many agents on one server.</summary>
internal sealed class AgentBench : IAsyncDisposable
{
    private const int Starts = 21;
    private const int Templates = 100;
    private const int ChangesOfAll = 10;

    private readonly BenchServer bench;
    private readonly List<Figure> figures = [];

    private AgentBench(BenchServer bench) => this.bench = bench;

    public static async Task<Results> RunAsync()
    {
        await using var all = new AgentBench(await BenchServer.StartAsync(audited: true));
        await all.StartsAsync();
        await all.MemoryAsync();
        all.figures.AddRange(await AgentCrowd.MeasureAsync(all.bench));
        return new Results(Measurements.FileSystem(all.bench.Server.DataDirectory), all.figures);
    }

    public ValueTask DisposeAsync() => bench.DisposeAsync();

    // The child tells when it runs, so that its own start is in both times and what comes after in none.
    private async Task StartsAsync()
    {
        Turns.Tell("starts of kist run");
        string[] child = ["date", "+%s%N"];
        string[] run = ["run", "--env", "PASSWORD=secret/data/bench/1#password", "--", .. child];
        var (alone, through, program) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Starts; i++)
        {
            alone.Add(await UntilChildAsync(child[0], child[1..]));
            through.Add(await UntilChildAsync(BuiltProgram.Published, run));
            program.Add(await UntilEndAsync(BuiltProgram.Published, ["version"]));
        }
        figures.Add(new Figure("child alone: until it runs", Milliseconds(Median(alone)), "", "", "", null));
        figures.Add(new Figure("kist version: the runtime's and the program's start", Milliseconds(Median(program)), "", "", "", null));
        figures.Add(Figure.Below("kist run with one secret: added before the child runs", Median(through) - Median(alone), 120, "ms"));
    }

    private async Task MemoryAsync()
    {
        Turns.Tell($"an agent with {Templates} templates");
        var home = Directory.CreateDirectory(Path.Combine(bench.Server.Home, "agent")).FullName;
        var token = Path.Combine(home, "token");
        await File.WriteAllTextAsync(token, bench.Token);
        var config = new StringBuilder($$"""
            vault { address = "{{bench.Server.Address.AbsoluteUri.TrimEnd('/')}}" }
            auto_auth {
              method "token_file" { config = { token_file_path = "{{token}}" } }
              sink "file" { config = { path = "{{home}}/sink" } }
            }

            """);
        for (var i = 1; i <= Templates; i++)
        {
            config.AppendLine(CultureInfo.InvariantCulture, $$$"""
                template {
                  contents    = "user={{ with secret \"secret/bench/{{{i}}}\" }}{{ .Data.data.username }}\npassword={{ .Data.data.password }}{{ end }}\n"
                  destination = "{{{home}}}/{{{i}}}"
                }
                """);
        }
        var file = Path.Combine(home, "agent.hcl");
        await File.WriteAllTextAsync(file, config.ToString());
        await using var agent = KistProcess.Start(BuiltProgram.Start(BuiltProgram.Published, ["agent", $"-config={file}"]));
        await UntilAllHoldAsync(agent, home, "battery staple");
        var atStart = agent.ResidentBytes / 1e6;
        for (var change = 1; change <= ChangesOfAll; change++)
        {
            var password = $"changed {change}";
            for (var i = 1; i <= Templates; i++)
                (await bench.Server.Api.WriteAsync($"secret/data/bench/{i}", new { data = new { username = $"app-{i}", password } })).Good();
            await UntilAllHoldAsync(agent, home, $"password={password}\n");
        }
        figures.Add(Figure.Below($"agent with {Templates} templates: memory once all are written", atStart, 60, "MB"));
        figures.Add(Figure.Below($"agent with {Templates} templates: memory after {Templates * ChangesOfAll:#,0} changes", agent.ResidentBytes / 1e6, 60, "MB"));
        figures.Add(new Figure("of that without pages of files, which all programs of the runtime share", Megabytes(OwnBytes(agent)), "", "", "", null));
    }

    // What no other process has, and the kernel cannot drop: the heap, stacks, compiled code.
    private static long OwnBytes(KistProcess process) => File.ReadLines($"/proc/{process.Id}/status")
        .Where(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal) || line.StartsWith("RssShmem:", StringComparison.Ordinal))
        .Sum(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) << 10);

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");

    private static async Task UntilAllHoldAsync(KistProcess agent, string home, string text)
    {
        for (var i = 1; i <= Templates; i++)
        {
            var file = Path.Combine(home, i.ToString(CultureInfo.InvariantCulture));
            while (!File.Exists(file) || !(await File.ReadAllTextAsync(file)).Contains(text, StringComparison.Ordinal))
            {
                if (agent.HasExited)
                    throw new InvalidOperationException($"the agent ended: {agent.Output}");
                await Task.Delay(10);
            }
        }
    }

    private async Task<double> UntilChildAsync(string program, string[] arguments)
    {
        var began = NanosecondsNow();
        return (long.Parse((await EndAsync(program, arguments)).Output, CultureInfo.InvariantCulture) - began) / 1e6;
    }

    private async Task<double> UntilEndAsync(string program, string[] arguments)
    {
        var began = NanosecondsNow();
        await EndAsync(program, arguments);
        return (NanosecondsNow() - began) / 1e6;
    }

    private async Task<Ended> EndAsync(string program, string[] arguments)
    {
        var start = BuiltProgram.Start(program, arguments);
        start.Environment["KIST_ADDR"] = bench.Server.Address.AbsoluteUri.TrimEnd('/');
        start.Environment["KIST_TOKEN"] = bench.Token;
        var ended = await KistProcess.RunAsync(start, TimeSpan.FromSeconds(30), "", CancellationToken.None);
        return ended.ExitCode == 0 ? ended : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {ended.Errors}");
    }

    private static long NanosecondsNow() => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static string Milliseconds(double time) => string.Create(CultureInfo.InvariantCulture, $"{time:0} ms");
}
