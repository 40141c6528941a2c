using System.Text.Json;
using Kist.Crypto.Tests.Jose;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;

namespace Kist.EndToEnd.Tests;

/// <summary>
/// Clients that we did not write log in by tokens that somebody else has signed. The scripts in tours/ hold the steps and their assertions.
/// </summary>
public sealed class WorkloadLoginTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [FactNeeding(Need.Hvac)]
    public Task Python_hvac_logs_in_by_the_jwt_and_the_kubernetes_method() => TourAsync(Machine.Python, "workload_logins.py");

    [FactNeeding(Need.NodeVault)]
    public Task Node_vault_logs_in_by_the_jwt_and_the_kubernetes_method() => TourAsync("node", "workload_logins.js");

    private static async Task TourAsync(string interpreter, string script)
    {
        var (watched, keys) = await WatchedServer.StartReadyAsync(new ServerOptions { Tls = true });
        await using var _ = watched;
        using var signer = TestSigner.Ec();
        using var forger = TestSigner.Ec();
        var file = Path.Combine(BuiltProgram.Repository, "tests", "Kist.EndToEnd.Tests", "tours", script);
        var start = BuiltProgram.Start(interpreter, [file]);
        start.Environment["TOUR_ADDRESS"] = watched.Server.Address.AbsoluteUri.TrimEnd('/');
        start.Environment["TOUR_CA"] = watched.Server.AuthorityFile;
        start.Environment["TOUR_TOKEN"] = keys.RootToken;
        start.Environment["TOUR_PEM"] = signer.Pem;
        start.Environment["TOUR_JWT"] = watched.Secrets.Add("job's token", signer.Sign(JobClaims()));
        start.Environment["TOUR_POD_JWT"] = watched.Secrets.Add("pod's token", signer.Sign(PodClaims()));
        start.Environment["TOUR_FORGED"] = watched.Secrets.Add("forged token", forger.Sign(JobClaims()));
        start.Environment["NODE_PATH"] = Machine.NodeModules;
        var (exitCode, output, errors) = await KistProcess.RunAsync(start, Patience, "", default);
        var done = exitCode == 0 && output.TrimEnd().EndsWith("done", StringComparison.Ordinal);
        Assert.True(done, $"{script}: exit code {exitCode}\n{output}{errors}\n{watched.Server.Logs}");
    }

    private static long End => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600;

    private static string JobClaims() => JsonSerializer.Serialize(
        new { iss = "https://ci.test", sub = "job-1", aud = "kist", iat = End - 600, exp = End, project = "shop" });

    private static string PodClaims() => JsonSerializer.Serialize(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["iss"] = "https://cluster.test",
        ["sub"] = "system:serviceaccount:shop:web",
        ["aud"] = new[] { "https://cluster.test" },
        ["exp"] = End,
        ["kubernetes.io"] = new { @namespace = "shop", serviceaccount = new { name = "web", uid = "u-1" } },
    });
}
