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
    private const string Rbac = "apis/rbac.authorization.k8s.io/v1/";

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
        await CreateAccountAsync("shop", "worker");
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
        await LogsInAsync(await TokenAsync());
        // One that nobody has shown yet: API servers remember for ten seconds that a token was good.
        var token = await TokenAsync();
        (await cluster.ApiServer.Http.SendAsync(HttpMethod.Delete, Account, null)).Good();
        await FailsToLogInAsync(token);
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task A_second_run_lets_in_an_account_more_and_takes_back_what_it_does_not_name()
    {
        string[] first = ["k8s", "trust", "-review=client", "-role=web", "-service-accounts=web", "-namespaces=shop", "-policies=default", "-apply"];
        await cli.RunAsync(first);
        // Each account asks for the review of its own token, which must be for the API server.
        await LogsInAsync(await TokenAsync(audience: null));
        await FailsToLogInAsync(await TokenAsync(audience: null, account: "worker"));
        await cli.RunAsync("write", "auth/kubernetes/role/web", "audience=old", "bound_service_account_namespace_selector=");
        await FailsToLogInAsync(await TokenAsync(audience: null));
        await cli.RunAsync([.. first.Select(word => word == "-service-accounts=web" ? word + ",worker" : word)]);
        await LogsInAsync(await TokenAsync(audience: null));
        await LogsInAsync(await TokenAsync(audience: null, account: "worker"));
        var binding = (await cluster.ApiServer.Http.GetAsync(Rbac + "clusterrolebindings/kist-login-web")).Good().Json;
        Assert.Equal(["web", "worker"], binding.GetProperty("subjects").EnumerateArray().Select(s => s.GetProperty("name").GetString()!).Order());
        var role = (await cluster.ApiServer.Http.GetAsync(Rbac + "clusterroles/kist-token-reviewer")).Good().Json;
        var rights = Assert.Single(role.GetProperty("rules").EnumerateArray());
        Assert.Equal("tokenreviews create", $"{rights.GetProperty("resources")[0]} {rights.GetProperty("verbs")[0]}");
    }

    [FactNeeding(Need.KubeApiServer)]
    public async Task What_somebody_else_made_under_the_reviewers_name_is_refused_before_anything_is_changed()
    {
        const string Secrets = "api/v1/namespaces/kube-system/secrets";
        var metadata = new { name = "kist-token-reviewer" };
        var foreign = new { apiVersion = "v1", kind = "Secret", metadata, stringData = new { token = "a.b.c" } };
        (await cluster.ApiServer.Http.PostAsync(Secrets, foreign)).Good();
        Assert.Contains("Nothing was changed", await cli.FailAsync(2, "k8s", "trust", "-apply"));
        var account = await cluster.ApiServer.Http.GetAsync("api/v1/namespaces/kube-system/serviceaccounts/kist-token-reviewer");
        Assert.Equal(HttpStatusCode.NotFound, account.Status);
        Assert.DoesNotContain("kubernetes/", await cli.RunAsync("auth", "list"));
    }

    private async Task<string> TrustAsync(params string[] flags) => await cli.RunAsync(
        ["k8s", "trust", "-role=web", "-service-accounts=web", "-namespaces=shop", "-policies=default", "-audience=kist", .. flags]);

    private async Task LogsInAsync(string token) =>
        watched.Secrets.Add("login", await cli.FeedAsync(token, "login", "-method=kubernetes", "-token-only", "role=web", "jwt=-"));

    private async Task FailsToLogInAsync(string token) =>
        Assert.NotEqual(0, (await cli.TryAsync(token, "login", "-method=kubernetes", "-token-only", "role=web", "jwt=-")).ExitCode);

    private async Task<string> TokenAsync(string? audience = "kist", string account = "web")
    {
        var spec = new { audiences = audience is null ? null : new[] { audience }, expirationSeconds = 3600 };
        return watched.Secrets.Add("account's token", await RequestTokenAsync($"api/v1/namespaces/shop/serviceaccounts/{account}", spec));
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
        var token = await RequestTokenAsync($"{Place}/serviceaccounts/{Reviewer}", new { expirationSeconds = 3600 });
        watched.Secrets.Add("reviewer's token", token);
        var patch = new StringContent(
            string.Create(CultureInfo.InvariantCulture, $$$"""{"data":{"token":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(token))}}}"}}"""),
            Encoding.UTF8,
            "application/merge-patch+json");
        (await cluster.ApiServer.Http.SendAsync(HttpMethod.Patch, $"{Place}/secrets/{Reviewer}", patch)).Good();
    }

    private async Task<string> RequestTokenAsync(string account, object spec)
    {
        var request = new { apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec };
        var answer = (await cluster.ApiServer.Http.PostAsync($"{account}/token", request)).Good().Json;
        return answer.GetProperty("status").GetProperty("token").GetString()!;
    }

    private async Task CreateAccountAsync(string ns, string name) => (await cluster.ApiServer.Http.PostAsync(
        $"api/v1/namespaces/{ns}/serviceaccounts", new { apiVersion = "v1", kind = "ServiceAccount", metadata = new { name } })).Good();
}
