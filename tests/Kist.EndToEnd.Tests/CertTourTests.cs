using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>Clients that we did not write, unmodified, log in with certificates. The scripts in tours/ hold the steps and their assertions.</summary>
public sealed class CertTourTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [FactNeeding(Need.Hvac)]
    public Task Python_hvac_logs_in_with_certificates() => TourAsync(Machine.Python, "hvac_cert_tour.py", 6);

    [FactNeeding(Need.NodeVault)]
    public Task Node_vault_logs_in_with_certificates() => TourAsync("node", "node_vault_cert_tour.js", 3);

    private static async Task TourAsync(string interpreter, string script, int planned)
    {
        await using var server = await KistServer.StartAsync(new ServerOptions { Tls = true });
        var keys = await server.InitializeAsync();
        var start = BuiltProgram.Start(interpreter, [Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", script)]);
        start.Environment["TOUR_ADDRESS"] = server.Address.AbsoluteUri.TrimEnd('/');
        start.Environment["TOUR_CA"] = server.AuthorityFile;
        start.Environment["TOUR_TOKEN"] = keys.RootToken;
        (start.Environment["TOUR_CERT"], start.Environment["TOUR_KEY"]) = server.Certificates.WriteClient("tour", "tour");
        (start.Environment["TOUR_OTHER_CERT"], start.Environment["TOUR_OTHER_KEY"]) = server.Certificates.WriteClient("other", "other");
        start.Environment["NODE_PATH"] = Machine.NodeModules;
        var (exitCode, output, errors) = await KistProcess.RunAsync(start, Patience, "", default);
        var done = output.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal));
        Assert.True(exitCode == 0 && done == planned, $"{script}: {done} of {planned} steps, exit code {exitCode}\n{output}{errors}\n{server.Logs}");
    }
}
