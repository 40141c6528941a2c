using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Kist.Harness;
using Kist.Kubernetes;
using Kist.Kubernetes.AtRest;
using Kist.Kubernetes.Encryption;
using Kist.Wire.Etcd;
using Kist.Wire.Protobuf;

namespace Kist.Bench;

/// <summary><c>kist etcd report</c> over many Secrets, against a bare range over the same keys, and its memory against a tenth of them.</summary>
internal static class EtcdReportBench
{
    private const int Turns = 3;
    private const int PutsAtOnce = 100;
    private static readonly string[] Providers = ["secretbox", "aescbc"];

    public static async Task RunAsync(int objects)
    {
        Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}, {objects:N0} Secrets of 330 bytes of plaintext, half of them stale");
        var directory = Directory.CreateTempSubdirectory("kist-bench-").FullName;
        try
        {
            var config = Path.Combine(directory, "encryption.yaml");
            await File.WriteAllTextAsync(config, Config);
            var (few, _) = await MeasureAsync(objects / 10, config);
            var (many, bare) = await MeasureAsync(objects, config);
            Console.WriteLine();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bare range          {bare,10:#,0} objects/s"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"etcd report         {many.PerSecond,10:#,0} objects/s   {many.PerSecond / bare:0.00} × bare"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak memory         {many.Megabytes,10:0.0} MB with {objects:#,0} objects, {few.Megabytes:0.0} MB with {objects / 10:#,0}"));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static string Config { get; } = $$"""
        apiVersion: apiserver.config.k8s.io/v1
        kind: EncryptionConfiguration
        resources:
        - resources: [secrets]
          providers:
          - secretbox: {keys: [{name: key1, secret: {{Convert.ToBase64String(Encoding.ASCII.GetBytes("BENCH-ONLY-secretbox-key1-012345"))}}}]}
          - aescbc: {keys: [{name: key1, secret: {{Convert.ToBase64String(Encoding.ASCII.GetBytes("BENCH-ONLY-aescbc-key1-012345678"))}}}]}
        """;

    private static async Task<(Run Report, double Bare)> MeasureAsync(int objects, string config)
    {
        await using var server = await EtcdServer.StartAsync(new EtcdServerOptions { Arguments = ["--quota-backend-bytes=8589934592"] });
        using var client = new EtcdClient(new EtcdOptions { Endpoints = [server.Endpoint] });
        Console.Error.WriteLine($"filling etcd with {objects:N0} Secrets …");
        await FillAsync(client, objects, config);
        var (reports, bare) = (new List<Run>(), new List<double>());
        for (var turn = 0; turn < Turns; turn++)
        {
            Console.Error.WriteLine($"turn {turn + 1} of {Turns} …");
            bare.Add(await BareAsync(client, objects));
            reports.Add(await ReportAsync(server.Endpoint, objects, config));
        }
        var median = reports.OrderBy(r => r.PerSecond).ElementAt(Turns / 2);
        return (median with { Megabytes = reports.Max(r => r.Megabytes) }, bare.Order().ElementAt(Turns / 2));
    }

    // In pages of the same size, by the same client, and nothing done with what comes.
    private static async Task<double> BareAsync(EtcdClient client, int objects)
    {
        var began = Stopwatch.GetTimestamp();
        var seen = 0;
        await foreach (var page in client.ScanAsync(new EtcdScan(EtcdKeys.Prefix("/registry/secrets/"u8.ToArray())) { PageBytes = 2 << 20 }, CancellationToken.None))
            seen += page.Entries.Count;
        Require(seen == objects);
        return seen / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static async Task<Run> ReportAsync(Uri endpoint, int objects, string config)
    {
        var start = new ProcessStartInfo(BuiltProgram.Published, ["etcd", "report", "-endpoints", endpoint.Authority, "-config", config, "-format=json"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // As ./kist sets them.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start)!;
        var peak = PeakAsync(process);
        var first = await process.StandardOutput.ReadLineAsync() + await process.StandardOutput.ReadLineAsync();
        var lines = 0;
        while (await process.StandardOutput.ReadLineAsync() is not null)
            lines++;
        await process.WaitForExitAsync();
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Require(process.ExitCode == 3 && first.Contains(string.Create(CultureInfo.InvariantCulture, $"\"objects\": {objects},"), StringComparison.Ordinal) && lines >= objects);
        return new Run(objects / seconds, await peak / 1e6);
    }

    // The system keeps the high-water mark; it is asked for until the process is gone.
    private static async Task<long> PeakAsync(Process process)
    {
        var peak = 0L;
        while (!process.HasExited)
        {
            try
            {
                process.Refresh();
                peak = Math.Max(peak, process.PeakWorkingSet64);
            }
            catch (InvalidOperationException)
            {
                // Gone between two questions.
            }
            await Task.Delay(10);
        }
        return peak;
    }

    private static async Task FillAsync(EtcdClient client, int objects, string config)
    {
        var configuration = ConfigurationFile.Load(await File.ReadAllTextAsync(config), LintFacts.None).Value;
        using var current = ProviderChains.Create(configuration, _ => null, new AtRestOptions()).Value;
        // The same with the other provider first writes what is stale.
        var rule = configuration.Rules[0];
        var reversed = configuration with { Rules = [rule with { Providers = [.. rule.Providers.Reverse()] }] };
        using var old = ProviderChains.Create(reversed, _ => null, new AtRestOptions()).Value;
        ProviderChain[] chains = [current.For(GroupResource.Parse("secrets")), old.For(GroupResource.Parse("secrets"))];
        foreach (var numbers in Enumerable.Range(0, objects).Chunk(PutsAtOnce))
        {
            var puts = new List<EtcdOperation>();
            foreach (var number in numbers)
            {
                var (ns, name) = (string.Create(CultureInfo.InvariantCulture, $"team-{number % 50}"), string.Create(CultureInfo.InvariantCulture, $"secret-{number:D7}"));
                var key = Encoding.UTF8.GetBytes($"/registry/secrets/{ns}/{name}");
                puts.Add(new EtcdPut(key, (await chains[number % Providers.Length].WriteAsync(key, Secret(ns, name), CancellationToken.None)).Value));
            }
            await client.TransactAsync(new EtcdTransaction([], puts, []), CancellationToken.None);
        }
    }

    // As the API server writes one: see Kist.Kubernetes/AtRest/Objects.
    private static byte[] Secret(string ns, string name)
    {
        var metadata = Message(m =>
        {
            m.WriteText(1, name);
            m.WriteText(3, ns);
            m.WriteText(5, Guid.NewGuid().ToString());
        });
        var type = Message(m =>
        {
            m.WriteText(1, "v1");
            m.WriteText(2, "Secret");
        });
        var entry = Message(m =>
        {
            m.WriteText(1, "password");
            m.WriteText(2, new string('x', 220));
        });
        var secret = Message(m =>
        {
            m.WriteBytes(1, metadata);
            m.WriteBytes(2, entry);
            m.WriteText(3, "Opaque");
        });
        var envelope = Message(m =>
        {
            m.WriteBytes(1, type);
            m.WriteBytes(2, secret);
        });
        return [.. "k8s\0"u8, .. envelope];
    }

    private static byte[] Message(Action<ProtoWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new ProtoWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private static void Require(bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("the report or the range did not find every object");
    }

    private sealed record Run(double PerSecond, double Megabytes);
}
