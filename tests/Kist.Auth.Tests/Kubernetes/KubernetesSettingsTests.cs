using System.Text.Json;
using Kist.Auth.Kubernetes;
using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Crypto;
using Kist.Crypto.Tests.Jose;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>Settings and roles: what is taken, what is shown, how it is stored.</summary>
public sealed class KubernetesSettingsTests : IAsyncLifetime
{
    private readonly TestSigner signer = TestSigner.Ec();
    private KubernetesMount mount = null!;

    public async Task InitializeAsync() => mount = await KubernetesMount.CreateAsync();

    public async Task DisposeAsync()
    {
        await mount.DisposeAsync();
        signer.Dispose();
    }

    [Theory]
    [InlineData("""{}""", "kubernetes_host")]
    [InlineData("""{"kubernetes_host":"https://a b","pem_keys":["KEY"]}""", "kubernetes_host")]
    [InlineData("""{"kubernetes_host":"ftp://a","pem_keys":["KEY"]}""", "kubernetes_host")]
    [InlineData("""{"kubernetes_host":"http://a","pem_keys":["KEY"]}""", "https://")]
    [InlineData("""{"kubernetes_host":"https://u:p@a","pem_keys":["KEY"]}""", "user")]
    [InlineData("""{"kubernetes_host":"https://a/?x=1","pem_keys":["KEY"]}""", "query")]
    [InlineData("""{"kubernetes_host":"https://a"}""", "kubernetes_ca_cert")]
    [InlineData("""{"kubernetes_host":"https://a","kubernetes_ca_cert":"x"}""", "kubernetes_ca_cert")]
    [InlineData("""{"kubernetes_host":"https://a","pem_keys":["x"]}""", "pem_keys")]
    [InlineData("""{"kubernetes_host":"https://a","pem_keys":["KEY"],"token_verification":"none"}""", "token_verification")]
    [InlineData("""{"kubernetes_host":"https://a","pem_keys":["KEY"],"token_verification":"local"}""", "issuer")]
    [InlineData("""{"kubernetes_host":"https://a","pem_keys":["KEY"],"token_reviewer_jwt":"a b"}""", "token_reviewer_jwt")]
    public async Task Settings_that_would_reach_nobody_or_trust_anybody_are_refused(string config, string reason)
    {
        var body = config.Replace("\"KEY\"", JsonSerializer.Serialize(signer.Pem));
        Assert.Contains(reason, (await mount.Node.WriteAsync("auth/kubernetes/config", body).Fails(FailureKind.Invalid)).Message);
        await mount.Node.ReadAsync("auth/kubernetes/config").Fails(FailureKind.NotFound);
        Assert.Equal("kubernetes.no_config", (await mount.RefusedAsync("a.b.c", FailureKind.Invalid)).Code);
    }

    [Theory]
    [InlineData("a.test", "https://a.test/")]
    [InlineData("a.test:6443", "https://a.test:6443/")]
    [InlineData("https://a.test:6443/k8s/clusters/c-1", "https://a.test:6443/k8s/clusters/c-1")]
    [InlineData("[::1]:6443", "https://[::1]:6443/")]
    [InlineData("http://127.0.0.1:8001", "http://127.0.0.1:8001/")]
    public void A_host_is_written_in_several_ways(string text, string address) => Assert.Equal(address, ClusterAddress.TryParse(text, out _)?.AbsoluteUri);

    [Fact]
    public async Task Settings_are_shown_but_for_the_reviewers_token()
    {
        await mount.ConfigureAsync(new { kubernetes_host = "a.test", pem_keys = signer.Pem, token_reviewer_jwt = "reviewers.own.token\n" }).Ok();
        var shown = (await mount.ReadAsync("config").Ok()).Json();
        Assert.DoesNotContain("reviewers.own", shown.GetRawText());
        Assert.Equal((true, true, "review"), (
            shown.GetProperty("token_reviewer_jwt_set").GetBoolean(), shown.GetProperty("disable_iss_validation").GetBoolean(), shown.Text("token_verification")));
        await mount.ConfigureAsync(new { kubernetes_host = "a.test", pem_keys = signer.Pem }).Ok();
        Assert.False((await mount.Node.ReadAsync("auth/kubernetes/config").Ok()).Json().GetProperty("token_reviewer_jwt_set").GetBoolean());
    }

    [Theory]
    [InlineData("""{}""", "bound_service_account_names")]
    [InlineData("""{"bound_service_account_names":"a"}""", "bound_service_account_namespaces")]
    [InlineData("""{"bound_service_account_namespaces":"a"}""", "bound_service_account_names")]
    [InlineData("""{"bound_service_account_names":"a,*","bound_service_account_namespaces":"a"}""", "mix")]
    [InlineData("""{"bound_service_account_names":"a","bound_service_account_namespaces":["*","a"]}""", "mix")]
    [InlineData("""{"bound_service_account_names":"a","bound_service_account_namespaces":"a","alias_name_source":"x"}""", "alias_name_source")]
    [InlineData("""{"bound_service_account_names":"a","bound_service_account_namespace_selector":"{"}""", "selector")]
    [InlineData("""{"bound_service_account_names":"a","bound_service_account_namespace_selector":{"matchlabels":{}}}""", "matchlabels")]
    [InlineData("""{"bound_service_account_names":"a","bound_service_account_namespaces":"a","token_ttl":-1}""", "token_ttl")]
    public async Task Roles_that_would_let_in_nobody_or_anybody_are_refused(string role, string reason)
    {
        Assert.Contains(reason, (await mount.Node.WriteAsync("auth/kubernetes/role/r", role).Fails(FailureKind.Invalid)).Message);
        await mount.Node.ReadAsync("auth/kubernetes/role/r").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Roles_are_listed_changed_and_deleted_under_names_without_case()
    {
        await mount.Node.ListAsync("auth/kubernetes/role").Fails(FailureKind.NotFound);
        await mount.RoleAsync("Web", new { bound_service_account_names = "a,b*", bound_service_account_namespaces = "n", max_ttl = "1h", num_uses = 3 }).Ok();
        await mount.RoleAsync("web", new { audience = "kist", bound_service_account_namespace_selector = "matchLabels: {team: core}" }).Ok();
        Assert.Equal(["web"], (await mount.Node.ListAsync("auth/kubernetes/role").Ok()).Json().GetProperty("keys").EnumerateArray().Select(k => k.GetString()));
        var shown = (await mount.ReadAsync("role/WEB").Ok()).Json();
        Assert.Equal(["a", "b*"], shown.GetProperty("bound_service_account_names").EnumerateArray().Select(n => n.GetString()));
        Assert.Equal((3600, 3), (shown.GetProperty("token_max_ttl").GetInt32(), shown.GetProperty("token_num_uses").GetInt32()));
        Assert.Equal(("kist", "serviceaccount_uid"), (shown.Text("audience"), shown.Text("alias_name_source")));
        await mount.DeleteRoleAsync("WEB");
        await mount.ReadAsync("role/web").Fails(FailureKind.NotFound);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"matchLabels":{"team":"core"}}""", true)]
    [InlineData("""{"matchLabels":{"team":"core","tier":"x"}}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"team","operator":"In","values":["a","core"]}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"team","operator":"NotIn","values":["core"]}]}""", false)]
    [InlineData("""{"matchExpressions":[{"key":"tier","operator":"NotIn","values":["x"]}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"team","operator":"Exists"}]}""", true)]
    [InlineData("""{"matchExpressions":[{"key":"team","operator":"DoesNotExist"}]}""", false)]
    [InlineData("""{"matchLabels":{"team":"core"},"matchExpressions":[{"key":"tier","operator":"Exists"}]}""", false)]
    [InlineData("matchLabels:\n  team: core\n", true)]
    [InlineData("matchExpressions:\n- {key: team, operator: In, values: [core]}\n", true)]
    public void A_selector_selects_by_labels(string text, bool selects)
    {
        var selector = LabelSelector.TryParse(text, out var fault);
        Assert.True(selector is not null, fault);
        Assert.Equal(selects, selector.Selects(new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "core" }));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("text")]
    [InlineData("""{"matchLabels":[]}""")]
    [InlineData("""{"matchLabels":{"a":1}}""")]
    [InlineData("""{"matchLabels":{"a":"b"},"matchLabels":{}}""")]
    [InlineData("""{"matchExpressions":{}}""")]
    [InlineData("""{"matchExpressions":["a"]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a"}]}""")]
    [InlineData("""{"matchExpressions":[{"operator":"Exists"}]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"exists"}]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"In"}]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"In","values":[]}]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"In","values":[1]}]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]}""")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"Exists","extra":1}]}""")]
    [InlineData("a: 1\n---\nb: 2\n")]
    public void What_is_no_selector_is_refused(string text)
    {
        Assert.Null(LabelSelector.TryParse(text, out var fault));
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void Stored_records_stay_readable()
    {
        const string Config =
            """
            {"schema":1,"kubernetes_host":"a","kubernetes_ca_cert":"c","token_reviewer_jwt":"t","pem_keys":["k"],"issuer":"i","disable_iss_validation":false,"disable_local_ca_jwt":true,"token_verification":"local"}
            """;
        var config = new KubernetesConfig
        {
            KubernetesHost = "a",
            KubernetesCaCert = "c",
            TokenReviewerJwt = new SecretText("t"),
            PemKeys = ["k"],
            Issuer = "i",
            DisableIssValidation = false,
            DisableLocalCaJwt = true,
            TokenVerification = "local",
        };
        Assert.Equal(Config, JsonSerializer.Serialize(config, KubernetesStoredJson.Default.KubernetesConfig));
        Assert.Equal(Config, JsonSerializer.Serialize(
            JsonSerializer.Deserialize(Config, KubernetesStoredJson.Default.KubernetesConfig)!, KubernetesStoredJson.Default.KubernetesConfig));
        Assert.DoesNotContain("TokenReviewerJwt = t", config.ToString());
        const string Role =
            """
            {"schema":1,"id":"x","token":{"schema":1,"token_ttl":"00:00:00","token_max_ttl":"00:00:00","token_policies":[],"token_bound_cidrs":[],"token_explicit_max_ttl":"00:00:00","token_no_default_policy":false,"token_num_uses":0,"token_period":"00:00:00","token_type":"default"},"bound_service_account_names":["a"],"bound_service_account_namespaces":["b"],"bound_service_account_namespace_selector":"s","audience":"d","alias_name_source":"serviceaccount_name"}
            """;
        var role = new KubernetesRole
        {
            Id = "x",
            BoundServiceAccountNames = ["a"],
            BoundServiceAccountNamespaces = ["b"],
            BoundServiceAccountNamespaceSelector = "s",
            Audience = "d",
            AliasNameSource = "serviceaccount_name",
        };
        Assert.Equal(Role, JsonSerializer.Serialize(role, KubernetesStoredJson.Default.KubernetesRole));
    }
}
