namespace Kist.Client.Tests.Commands.Encryption;

/// <summary><c>encryption rewrite</c>, as far as it goes without a cluster.</summary>
public sealed class RewriteTests : IDisposable
{
    private readonly Fakes.Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Role_has_the_rights_for_what_is_named_and_no_more()
    {
        var printed = await cli.RunAsync("encryption", "rewrite", "-print-role", "-resources=secrets,deployments,configmaps");
        Assert.Equal(0, printed.Code);
        Assert.Equal(
            """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: kist-encryption-rewrite
            rules:
            - apiGroups: [""]
              resources: ["configmaps", "secrets"]
              verbs: ["get", "list", "update"]
            - apiGroups: ["apps"]
              resources: ["deployments"]
              verbs: ["get", "list", "update"]

            """,
            printed.Output);
    }

    [Fact]
    public async Task Role_is_for_what_the_configuration_names()
    {
        var config = cli.Home.At("config.yaml");
        await cli.RunAsync("encryption", "init", "-resources=*.*", config);
        var printed = await cli.RunAsync("encryption", "rewrite", "-print-role", $"-config={config}");
        Assert.Contains("- apiGroups: [\"*\"]\n  resources: [\"*\"]\n", printed.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-endpoints=https://127.0.0.1:2379", 1, "-endpoints needs -config")]
    [InlineData("-start-after=secrets", 1, "such as secrets/default/name")]
    [InlineData("-parallel=0", 1, "-parallel must be 1 to 64")]
    [InlineData("-rate=-1", 1, "-rate must be 0 or more")]
    [InlineData("-resources=secret", 1, "there is no resource \"secret\"")]
    [InlineData("-kubeconfig=/nowhere/config", 2, "cannot read /nowhere/config")]
    [InlineData("-context=absent", 2, "the kubeconfig has no context \"absent\"; it has: here")]
    public async Task What_is_wrong_is_said_before_anything_is_done(string flag, int code, string says)
    {
        var config = cli.Home.At("kubeconfig");
        await File.WriteAllTextAsync(config, """
            contexts: [{name: here, context: {cluster: here}}]
            clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
            """);
        var refused = await cli.With("KUBECONFIG", config).RunAsync("encryption", "rewrite", flag);
        Assert.Equal(code, refused.Code);
        Assert.Contains(says, refused.Error, StringComparison.Ordinal);
    }
}
