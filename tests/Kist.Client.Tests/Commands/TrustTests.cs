using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Kist.Commands.Cli;
using Kist.Commands.K8s;

namespace Kist.Client.Tests.Commands;

/// <summary><c>k8s trust</c> before anything is asked of a cluster; against a real one it is tested end to end.</summary>
public sealed class TrustTests : IDisposable
{
    private const string Address = "https://127.0.0.1:1";
    private readonly Fakes.Cli cli = new Fakes.Cli().With("KIST_TOKEN", "own");

    public TrustTests()
    {
        cli.Home.File("ca.pem", Authority());
        Kubeconfig($"server: \"{Address}\", certificate-authority: ca.pem");
    }

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Without_apply_all_is_shown_and_nobody_is_asked()
    {
        var ended = await RunAsync("-role=shop-web -service-accounts=web -namespaces=shop -policies=shop -audience=kist -ttl=20m");
        Assert.Equal(0, ended.Code);
        Assert.Empty(cli.Server.Requests);
        Assert.Contains($"# In the cluster {Address}\n", ended.Output);
        Assert.Contains("kind: ServiceAccount", ended.Output);
        Assert.Contains("# On the server http://127.0.0.1:8200\n", ended.Output);
        Assert.Contains($"kubernetes_host: \"{Address}\"", ended.Output);
        Assert.Contains("auth/kubernetes/role/shop-web:", ended.Output);
        Assert.Contains("audience: kist", ended.Output);
        Assert.DoesNotContain("marked-admin-token", ended.Output + ended.Error);
        Assert.DoesNotContain("Success", ended.Output);
        Assert.EndsWith("Nothing was changed. To do it: the same command with -apply\n", ended.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_reviewer_may_review_tokens_and_nothing_else()
    {
        var ended = await RunAsync("");
        Assert.Contains("rules:\n- apiGroups:\n  - authentication.k8s.io\n  resources:\n  - tokenreviews\n  verbs:\n  - create\n", ended.Output);
        Assert.DoesNotContain("system:auth-delegator", ended.Output);
    }

    [Fact]
    public async Task Reviewed_by_the_client_each_account_is_bound_by_its_name()
    {
        var ended = await RunAsync("-review=client -role=r -service-accounts=a,b -namespaces=n,m");
        Assert.Equal(4, ended.Output.Split("kind: ServiceAccount\n").Length - 1);
        Assert.DoesNotContain("kind: Secret", ended.Output);
        Assert.DoesNotContain("system:auth-delegator", ended.Output);
        Assert.Equal(1, (await RunAsync("-review=client -role=r -service-accounts=* -namespaces=n")).Code);
    }

    [Fact]
    public async Task A_role_takes_back_what_an_earlier_one_had_and_this_one_has_not()
    {
        var ended = await RunAsync("-role=r -service-accounts=a -namespaces=n");
        Assert.Contains("  audience: \"\"\n", ended.Output);
        Assert.Contains("  bound_service_account_namespace_selector: \"\"\n", ended.Output);
        Assert.Contains("  token_ttl: \"0\"\n", ended.Output);
    }

    [Fact]
    public async Task The_path_of_an_API_server_behind_a_proxy_is_part_of_its_address()
    {
        Kubeconfig("server: \"https://rancher.test/k8s/clusters/c-1/\", certificate-authority: ca.pem");
        Assert.Contains("kubernetes_host: \"https://rancher.test/k8s/clusters/c-1\"", (await RunAsync("")).Output);
        Assert.Contains("kubernetes_host: \"https://other.test/k8s\"", (await RunAsync("-cluster-address=https://other.test/k8s")).Output);
    }

    [Theory]
    [InlineData("-role=r", "whom does it let in")]
    [InlineData("-namespaces=n", "give -role")]
    [InlineData("-audience=a", "give -role")]
    [InlineData("-ttl=1h", "give -role")]
    [InlineData("-review=client -role=r -service-accounts=a -namespaces=n -audience=x", "-audience does not go with it")]
    [InlineData("-cluster-address=http://1.2.3.4", "https")]
    [InlineData("-cluster-address=https://a:b@c", "without user")]
    [InlineData("-output-curl-string", "-output-curl-string")]
    [InlineData("-output-curl-string -apply", "-output-curl-string")]
    public async Task What_makes_no_sense_is_refused(string flags, string reason)
    {
        var ended = await RunAsync(flags);
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Contains(reason, ended.Error);
        Assert.Empty(cli.Server.Requests);
    }

    [Theory]
    [InlineData("server: \"https://127.0.0.1:1\", insecure-skip-tls-verify: true", "insecure-skip-tls-verify")]
    [InlineData("server: \"http://127.0.0.1:1\"", "neither http")]
    public async Task Keys_of_whoever_answers_are_not_trusted(string cluster, string reason)
    {
        Kubeconfig(cluster);
        var ended = await RunAsync("-review=keys -apply");
        Assert.Equal((1, ""), (ended.Code, ended.Output));
        Assert.Contains(reason, ended.Error);
    }

    [Fact]
    public async Task A_kubeconfig_without_authorities_needs_them_before_anything_is_shown_or_made()
    {
        Kubeconfig($"server: \"{Address}\"");
        foreach (var review in (string[])["account", "client"])
        {
            var ended = await RunAsync($"-review={review} -apply");
            Assert.Equal((1, ""), (ended.Code, ended.Output));
            Assert.Contains("-cluster-ca=FILE", ended.Error);
        }

        Assert.Contains("BEGIN CERTIFICATE", (await RunAsync($"-cluster-ca={cli.Home.At("ca.pem")}")).Output);
        Assert.Contains("no certificate in PEM", (await RunAsync($"-cluster-ca={cli.Home.At("kubeconfig")}")).Error);
    }

    [Fact]
    public async Task A_mount_of_another_type_is_refused_before_the_cluster_is_asked_and_the_question_is_not_wrapped()
    {
        cli.With("KIST_WRAP_TTL", "5m").Server.On("GET sys/auth", 200, """{"data":{"kubernetes/":{"type":"jwt"}}}""");
        var ended = await RunAsync("-apply");
        Assert.Equal(2, ended.Code);
        Assert.Contains("is of the type jwt", ended.Error);
        Assert.Null(Assert.Single(cli.Server.Requests).Header("X-Vault-Wrap-TTL"));
    }

    [Theory]
    [InlineData("Secret", """{"type":"Opaque","metadata":{"annotations":{"kubernetes.io/service-account.name":"kist-token-reviewer"}}}""", "type")]
    [InlineData("Secret", """{"type":"kubernetes.io/service-account-token","metadata":{"annotations":{OF:"eve"}}}""", "eve")]
    [InlineData("Secret", """{"type":"kubernetes.io/service-account-token","metadata":{}}""", "absent")]
    [InlineData("ClusterRole", """{"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]}""", "rules")]
    [InlineData("ClusterRole", """{"aggregationRule":{},"rules":[]}""", "aggregationRule")]
    [InlineData("ClusterRoleBinding", """{"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"}}""", "edit")]
    public void An_object_that_somebody_else_made_is_not_used(string kind, string present, string difference)
    {
        var wanted = TrustPlan.Objects(Choice()).Single(o => o.Resource.Kind == kind);
        var json = JsonNode.Parse(present.Replace("OF", "\"kubernetes.io/service-account.name\"", StringComparison.Ordinal))!.AsObject();
        var refused = Assert.Throws<ExitException>(() => TrustComparison.Mend(wanted, json));
        Assert.Contains(difference, refused.Message);
        Assert.Contains("Nothing was changed", refused.Message);
    }

    [Fact]
    public void A_binding_gets_the_accounts_that_it_lacks_and_keeps_the_others()
    {
        foreach (var wanted in TrustPlan.Objects(Choice()))
            Assert.Null(TrustComparison.Mend(wanted, wanted.Json));
        var binding = TrustPlan.Objects(Choice()).Single(o => o.Resource.Kind == "ClusterRoleBinding");
        var present = (JsonObject)binding.Json.DeepClone();
        present["metadata"]!["resourceVersion"] = "7";
        present["subjects"]![0]!["namespace"] = "other";
        var mended = TrustComparison.Mend(binding, present)!;
        Assert.Equal(["other", "kube-system"], mended["subjects"]!.AsArray().Select(s => s!["namespace"]!.ToString()));
        Assert.Equal("7", mended["metadata"]!["resourceVersion"]!.ToString());
        present.Remove("subjects");
        Assert.Single(TrustComparison.Mend(binding, present)!["subjects"]!.AsArray());
    }

    [Theory]
    [InlineData("<html>", "{}")]
    [InlineData("""{"issuer":"https://a"}""", "<html>")]
    [InlineData("""{"issuer":"https://a"}""", """{"keys":[]}""")]
    [InlineData("""{"issuer":"https://a"}""", """{"keys":[{"kty":"RSA","n":"","e":""}]}""")]
    [InlineData("""{"issuer":"https://a"}""", """{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}""")]
    [InlineData("""{"issuer":"https://a"}""", """{"keys":[{"kty":"oct"}]}""")]
    [InlineData("""[]""", """{"keys":[{"kty":"EC"}]}""")]
    public void Keys_that_cannot_be_read_are_said_to_be_so(string discovery, string keys) =>
        Assert.Contains(
            "no keys that can be read",
            Assert.Throws<ExitException>(() => ClusterKeys.Parse(Bytes(discovery), Bytes(keys))).Message,
            StringComparison.Ordinal);

    private static ReadOnlyMemory<byte> Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static TrustChoice Choice() => new()
    {
        Reviewer = TokenReviewer.Account,
        ReviewerNamespace = "kube-system",
        Mount = "kubernetes",
        Server = new Uri(Address),
    };

    private static string Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(99));
        return certificate.ExportCertificatePem();
    }

    private Task<Fakes.CliResult> RunAsync(string flags) =>
        cli.RunAsync(["k8s", "trust", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

    private void Kubeconfig(string cluster) => cli.With("KUBECONFIG", cli.Home.File("kubeconfig", $$$"""
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: admin}}]
        clusters:
        - name: test
          cluster: { {{{cluster}}} }
        users: [{name: admin, user: {token: marked-admin-token}}]
        """));
}
