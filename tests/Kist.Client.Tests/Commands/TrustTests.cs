namespace Kist.Client.Tests.Commands;

/// <summary><c>k8s trust</c> before anything is asked of a cluster; against a real one it is tested with the auth method.</summary>
public sealed class TrustTests : IDisposable
{
    private readonly Fakes.Cli cli = new Fakes.Cli().With("KIST_TOKEN", "own");

    public TrustTests()
    {
        var kubeconfig = Path.Combine(cli.Home.Path, "kubeconfig");
        File.WriteAllText(kubeconfig, """
            apiVersion: v1
            kind: Config
            current-context: test
            contexts: [{name: test, context: {cluster: test, user: admin}}]
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: admin, user: {token: marked-admin-token}}]
            """);
        cli.With("KUBECONFIG", kubeconfig);
    }

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Without_apply_all_is_shown_and_nobody_is_asked()
    {
        var ended = await cli.RunAsync("k8s trust -role=shop-web -service-accounts=web -namespaces=shop -policies=shop -audience=kist -ttl=20m".Split(' '));
        Assert.Equal(0, ended.Code);
        Assert.Empty(cli.Server.Requests);
        Assert.Contains("kind: ServiceAccount", ended.Output);
        Assert.Contains("system:auth-delegator", ended.Output);
        Assert.Contains("kubernetes_host: https://127.0.0.1:1", ended.Output);
        Assert.Contains("auth/kubernetes/role/shop-web:", ended.Output);
        Assert.Contains("audience: kist", ended.Output);
        Assert.DoesNotContain("marked-admin-token", ended.Output + ended.Error);
    }

    [Fact]
    public async Task Reviewed_by_the_client_each_account_is_bound_by_its_name()
    {
        var ended = await cli.RunAsync("k8s trust -review=client -role=r -service-accounts=a,b -namespaces=n,m".Split(' '));
        Assert.Equal(4, ended.Output.Split("kind: ServiceAccount\n").Length - 1);
        Assert.DoesNotContain("kind: Secret", ended.Output);
        Assert.Equal(1, (await cli.RunAsync("k8s trust -review=client -role=r -service-accounts=* -namespaces=n".Split(' '))).Code);
    }

    [Theory]
    [InlineData("k8s trust -role=r", "whom does it let in")]
    [InlineData("k8s trust -namespaces=n", "give -role")]
    [InlineData("k8s trust -cluster-address=http://1.2.3.4", "https")]
    public async Task What_makes_no_sense_is_refused(string line, string reason)
    {
        var ended = await cli.RunAsync(line.Split(' '));
        Assert.Equal(1, ended.Code);
        Assert.Contains(reason, ended.Error);
    }
}
