using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Clients that we did not write, unmodified, over TLS on SQLite. The scripts in tours/ hold the steps and their assertions.</summary>
public sealed class ClientTourTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [FactNeeding(Need.Hvac)]
    public Task Python_hvac_tours_the_server() => TourAsync(Machine.Python, "hvac_tour.py");

    [FactNeeding(Need.Hvac)]
    public Task Python_hvac_tours_identities() => TourAsync(Machine.Python, "hvac_identity_tour.py");

    [FactNeeding(Need.NodeVault)]
    public Task Node_vault_tours_the_server() => TourAsync("node", "node_vault_tour.js");

    [FactNeeding(Need.Hvac)]
    public Task Python_hvac_logs_in_with_passwords_and_secret_ids() => TourAsync(Machine.Python, "hvac_login_tour.py");

    [FactNeeding(Need.NodeVault)]
    public Task Node_vault_logs_in_with_passwords_and_secret_ids() => TourAsync("node", "node_vault_login_tour.js");

    private static async Task TourAsync(string interpreter, string script)
    {
        await using var watched = await WatchedServer.StartAsync(new ServerOptions { Tls = true });
        await PartAsync("first");
        await watched.Server.RestartAsync();
        await PartAsync("again");
        await watched.Server.Process.StopAsync();
        Assert.Equal(0, watched.Server.Process.ExitCode);
        Assert.NotEqual(0, watched.Secrets.AddFile("tour", SecretsFile(watched.Server)));

        async Task PartAsync(string part)
        {
            var file = Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", script);
            var (exitCode, output, errors) = await KistProcess.RunAsync(Start(watched.Server, interpreter, file, part), Patience, "", default);
            var planned = PlannedSteps(await File.ReadAllTextAsync(file), part);
            var done = output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal));
            Assert.True(exitCode == 0 && done == planned, $"{script} {part}: {done} of {planned} steps, exit code {exitCode}\n{output}{errors}\n{watched.Server.Logs}");
        }
    }

    private static System.Diagnostics.ProcessStartInfo Start(KistServer server, string interpreter, string script, string part)
    {
        var start = BuiltProgram.Start(interpreter, [script, part]);
        start.Environment["TOUR_ADDRESS"] = server.Address.AbsoluteUri.TrimEnd('/');
        start.Environment["TOUR_CA"] = server.AuthorityFile;
        start.Environment["TOUR_AUDIT_DIR"] = server.AuditDirectory;
        start.Environment["TOUR_STATE"] = Path.Combine(server.Home, "tour.json");
        start.Environment["TOUR_SECRETS"] = SecretsFile(server);
        start.Environment["NODE_PATH"] = Machine.NodeModules;
        return start;
    }

    private static string SecretsFile(KistServer server) => Path.Combine(server.Home, "tour.secrets");

    // A script that stops early with exit code 0 must not pass.
    private static int PlannedSteps(string script, string part) =>
        script.Split('\n').Count(line => line.StartsWith($"@step(\"{part}\")", StringComparison.Ordinal) || line.StartsWith($"step('{part}',", StringComparison.Ordinal));
}
