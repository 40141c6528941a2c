using System.Globalization;
using System.Net;
using System.Text;
using Kist.EndToEnd.Tests.Leaks;
using Kist.EndToEnd.Tests.Needs;
using Kist.Harness;
using Kist.Harness.Kubernetes;

namespace Kist.EndToEnd.Tests;

/// <summary><c>k8s trust</c> between the built program and a real API server: afterwards an account's token is enough to log in.</summary>
public sealed class ClusterTrustTests : IAsyncLifetime
{
    private const string Account = "api/v1/namespaces/shop/serviceaccounts/web";

    private KubeCluster cluster = null!;
    private WatchedServer watched = null!;
    private Cli cli = null!;

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        (watched, var keys) = await WatchedServer.StartReadyAsync(new ServerOptions());
        cli = new Cli(BuiltProgram.Path, Path.Combine(watched.Server.Home, "user"), watched.Server.Address, null);
        cli.Environment["KIST_TOKEN"] = keys.RootToken;
        cli.Environment["KUBECONFIG"] = cluster.WriteKubeconfig(cluster.ApiServer, "kubeconfig");
        await cluster.ApiServer.Http.CreateNamespaceAsync("shop");
        await CreateAccountAsync("shop", "web");
    }

    public async Task DisposeAsync()
    {
        if (watched is not null)
            await watched.DisposeAsync();
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task Trusting_a_clusters_keys_lets_its_accounts_in_and_nobody_is_asked()
    {
        Assert.Contains("Nothing was changed", await TrustAsync("-review=keys"));
        await FailsToLogInAsync(await TokenAsync());
        await TrustAsync("-review=keys", "-apply");
        await LogsInAsync(await TokenAsync());
        await FailsToLogInAsync(await TokenAsync("other"));
        // Twice does no harm.
        await TrustAsync("-review=keys", "-apply");
        await LogsInAsync(await TokenAsync());
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task A_reviewer_of_its_own_refuses_what_the_cluster_has_deleted()
    {
        var filling = PlayTheControllerAsync();
        await TrustAsync("-apply");
        await filling;
        var token = await TokenAsync();
        await LogsInAsync(token);
        (await cluster.ApiServer.Http.SendAsync(HttpMethod.Delete, Account, null)).Good();
        await FailsToLogInAsync(token);
    }

    private async Task<string> TrustAsync(params string[] flags) => await cli.RunAsync(
        ["k8s", "trust", "-role=web", "-service-accounts=web", "-namespaces=shop", "-policies=default", "-audience=kist", .. flags]);

    private async Task LogsInAsync(string token) =>
        watched.Secrets.Add("login", await cli.FeedAsync(token, "login", "-method=kubernetes", "-token-only", "role=web", "jwt=-"));

    private async Task FailsToLogInAsync(string token) =>
        Assert.NotEqual(0, (await cli.TryAsync(token, "login", "-method=kubernetes", "-token-only", "role=web", "jwt=-")).ExitCode);

    private async Task<string> TokenAsync(string audience = "kist")
    {
        var request = new { apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec = new { audiences = new[] { audience }, expirationSeconds = 3600 } };
        var answer = (await cluster.ApiServer.Http.PostAsync(Account + "/token", request)).Good().Json;
        return watched.Secrets.Add("account's token", answer.GetProperty("status").GetProperty("token").GetString()!);
    }

    // There are no controllers in this cluster; this does what the token controller does in others.
    private async Task PlayTheControllerAsync()
    {
        const string Place = "api/v1/namespaces/kube-system";
        const string Reviewer = "kist-token-reviewer";
        KubeAnswer secret;
        while ((secret = await cluster.ApiServer.Http.GetAsync($"{Place}/secrets/{Reviewer}")).Status == HttpStatusCode.NotFound)
            await Task.Delay(50);
        secret.Good();
        var request = new { apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec = new { expirationSeconds = 3600 } };
        var token = (await cluster.ApiServer.Http.PostAsync($"{Place}/serviceaccounts/{Reviewer}/token", request)).Good().Json.GetProperty("status").GetProperty("token").GetString()!;
        watched.Secrets.Add("reviewer's token", token);
        var patch = new StringContent(
            string.Create(CultureInfo.InvariantCulture, $$$"""{"data":{"token":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(token))}}}"}}"""),
            Encoding.UTF8,
            "application/merge-patch+json");
        (await cluster.ApiServer.Http.SendAsync(HttpMethod.Patch, $"{Place}/secrets/{Reviewer}", patch)).Good();
    }

    private async Task CreateAccountAsync(string ns, string name) =>
        (await cluster.ApiServer.Http.PostAsync($"api/v1/namespaces/{ns}/serviceaccounts", new { apiVersion = "v1", kind = "ServiceAccount", metadata = new { name } })).Good();
}
