using System.Text.Json;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>The job that all else stands on, from the first start to the audit file.</summary>
public sealed class MainJobTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [FactNeeding(Need.Hvac)]
    public async Task Secret_survives_a_kill_and_each_step_is_audited()
    {
        var (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions());
        await using var _ = watched;
        var api = watched.Api;
        var secret = watched.Secrets.New("main");
        (await api.WriteAsync("sys/mounts/secret", new { type = "kv", options = new { version = "2" } })).Good();
        var stranger = watched.Secrets.Add("token", (await api.WriteAsync("auth/token/create", new { policies = new[] { "default" } })).Good().ClientToken);

        await CallAsync("store", keys.RootToken);
        await watched.Server.Process.KillAsync();
        await watched.Server.StartAsync();
        await watched.Server.UnsealAsync(keys);
        await CallAsync("read", keys.RootToken);
        await CallAsync("refused", stranger);
        var rootHash = await HashAsync(keys.RootToken);
        var strangerHash = await HashAsync(stranger);

        var records = File.ReadLines(watched.AuditFile).Select(line => JsonElement.Parse(line)).ToList();
        AssertAudited(records, "update", "sys/mounts/secret", rootHash, refused: false);
        AssertAudited(records, "create", "secret/data/app/db", rootHash, refused: false);
        AssertAudited(records, "read", "secret/data/app/db", rootHash, refused: false);
        AssertAudited(records, "read", "secret/data/app/db", strangerHash, refused: true);

        async Task CallAsync(string call, string token)
        {
            var start = BuiltProgram.Start(Machine.Python, [Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", "main_job.py"), call]);
            start.Environment["MAIN_ADDRESS"] = watched.Server.Address.AbsoluteUri.TrimEnd('/');
            start.Environment["MAIN_TOKEN"] = token;
            start.Environment["MAIN_SECRET"] = secret;
            var (exitCode, output, errors) = await KistProcess.RunAsync(start, Patience, "", default);
            Assert.True(exitCode == 0, $"{call}: {output}{errors}\n{watched.Server.Logs}");
        }

        async Task<string> HashAsync(string input) =>
            (await api.WriteAsync("sys/audit-hash/file", new { input })).Good().Data.GetProperty("hash").GetString()!;
    }

    // A request record, and a response record of the same request that tells how it ended.
    private static void AssertAudited(IReadOnlyList<JsonElement> records, string operation, string path, string tokenHash, bool refused)
    {
        var ids = records
            .Where(r => r.GetProperty("type").GetString() == "request")
            .Select(r => r.GetProperty("request"))
            .Where(r => r.GetProperty("operation").GetString() == operation && r.GetProperty("path").GetString() == path)
            .Where(r => r.GetProperty("client_token").GetString() == tokenHash)
            .Select(r => r.GetProperty("id").GetString())
            .ToHashSet();
        var answers = records.Where(r => r.GetProperty("type").GetString() == "response" && ids.Contains(r.GetProperty("request").GetProperty("id").GetString()));
        Assert.Contains(answers, answer => refused == (answer.TryGetProperty("error", out var error) && error.GetString() is { Length: > 0 }));
    }
}
