using System.Security.Cryptography;
using System.Text.Json;

namespace Kist.Harness.Crash;

/// <summary>
/// Kills the server by SIGKILL under concurrent writes, restarts it and compares it with what was acknowledged, round after round on one database.
/// SIGKILL leaves the system's page cache, so this proves order and atomicity of writes, not that a disk obeys a flush.
/// </summary>
public sealed class CrashRounds : IAsyncDisposable
{
    internal const int MaxVersions = 10;

    private const int ChainCount = 6;
    private const int RacerCount = 2;

    private readonly KistServer server;
    private readonly CrashReport report = new();
    private readonly TokenCrowd tokens = new();
    private readonly IReadOnlyList<VersionChain> chains = [.. Enumerable.Range(0, ChainCount).Select(i => new VersionChain($"chain-{i}"))];
    private readonly IReadOnlyList<ICrashWorkload> workloads;
    private readonly CrashSabotage sabotage;

    private CrashRounds(KistServer server, CrashSabotage sabotage)
    {
        this.server = server;
        this.sabotage = sabotage;
        workloads =
        [
            .. chains,
            .. Enumerable.Range(0, RacerCount).Select(i => new SharedSecret($"racer-{i}")),
            tokens,
            new MountCycle(),
        ];
    }

    /// <summary>Runs the rounds on a new server.</summary>
    /// <param name="rounds">How many kills.</param>
    /// <param name="progress">Called after each round with its number and the report so far.</param>
    /// <param name="sabotage">What to break, to see that it is found; null for nothing.</param>
    public static async Task<CrashReport> RunAsync(int rounds, Action<int, CrashReport> progress, CrashSabotage? sabotage = null)
    {
        await using var crash = new CrashRounds(await KistServer.StartAsync(new ServerOptions { StaticSeal = true }), sabotage ?? new CrashSabotage());
        await crash.PrepareAsync();
        for (var round = 1; round <= rounds; round++)
        {
            await crash.RoundAsync(round);
            progress(round, crash.report);
        }
        await crash.tokens.VerifyAllAsync(crash.server.Api, crash.report);
        crash.CheckAudit(rounds);
        return crash.report;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task PrepareAsync()
    {
        await server.InitializeAsync();
        var api = server.Api;
        (await api.WriteAsync("sys/audit/file", new { type = "file", options = new { file_path = AuditFile } })).Good();
        (await api.WriteAsync("sys/mounts/crash", new { type = "kv", options = new { version = "2" } })).Good();
        (await api.WriteAsync("crash/config", new { max_versions = MaxVersions })).Good();
    }

    private string AuditFile => Path.Combine(server.AuditDirectory, "audit.log");

    private async Task RoundAsync(int round)
    {
        var writers = workloads.Select(UntilTheKillAsync).ToList();
        // Now and then the keyring changes under the writers, and some kills come right after the start.
        if (round % 5 == 0)
            (await server.Api.WriteAsync("sys/rotate", new { })).Good();
        await Task.Delay(RandomNumberGenerator.GetInt32(round % 4 == 0 ? 30 : 400));
        await sabotage.BeforeTheKill(server);
        RequireAllAtWork(round, writers);
        await server.Process.KillAsync();
        await Task.WhenAll(writers);
        report.Require(
            server.Process.ExitCode == 128 + Signals.Kill, $"round {round}: the server ended by itself with {server.Process.ExitCode}:\n{server.Process.Output}");

        var faults = SqliteFile.Check(server.Database);
        report.Require(faults.Count == 0, $"round {round}: integrity check: {string.Join("; ", faults)}");
        await server.StartAsync();
        await server.AnswersAsync("sys/health");
        await sabotage.AfterTheRestart(server);
        foreach (var workload in workloads)
            await workload.VerifyAsync(server.Api, report);
    }

    // Without this, a server that crashes or drops connections by itself would look as if it had been killed.
    private void RequireAllAtWork(int round, List<Task> writers)
    {
        report.Require(!server.Process.HasExited, $"round {round}: the server ended by itself before the kill");
        var ended = writers.Count(w => w.IsCompletedSuccessfully);
        report.Require(ended == 0, $"round {round}: {ended} of {writers.Count} writers lost their connection before the kill");
    }

    private async Task UntilTheKillAsync(ICrashWorkload workload)
    {
        // Each writer has connections of its own, as separate clients have.
        using var api = new ApiClient(server.Address, server.AuthorityFile) { Token = server.Api.Token };
        try
        {
            while (true)
                await workload.StepAsync(api, report);
        }
        catch (HttpRequestException)
        {
            // The kill.
        }
    }

    // A write's request record is accepted before its commit: each acknowledged one is in the file. A kill may tear one line, no more.
    private void CheckAudit(int rounds)
    {
        var torn = 0;
        var records = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in File.ReadLines(AuditFile))
        {
            if (WrittenPath(line, ref torn) is { } path)
                records[path] = records.GetValueOrDefault(path) + 1;
        }
        report.Require(torn <= rounds, $"audit: {torn} torn lines after {rounds} kills");
        foreach (var chain in chains)
        {
            var found = records.GetValueOrDefault(chain.Path);
            report.Require(found >= chain.Acknowledged, $"audit: {found} records of {chain.Acknowledged} acknowledged writes to {chain.Path}");
        }
    }

    private static string? WrittenPath(string line, ref int torn)
    {
        try
        {
            var record = JsonElement.Parse(line);
            var request = record.GetProperty("request");
            return record.GetProperty("type").GetString() == "request" && request.GetProperty("operation").GetString() is "create" or "update"
                ? request.GetProperty("path").GetString()
                : null;
        }
        catch (JsonException)
        {
            torn++;
            return null;
        }
    }
}
