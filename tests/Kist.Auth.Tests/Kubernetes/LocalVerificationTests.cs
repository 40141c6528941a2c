using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Crypto.Tests.Jose;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>Logins that the cluster's keys judge, without a round trip.</summary>
public sealed class LocalVerificationTests : IAsyncLifetime
{
    private readonly TestSigner signer = TestSigner.Rsa();
    private KubernetesMount mount = null!;

    public async Task InitializeAsync()
    {
        mount = await KubernetesMount.CreateAsync();
        // Nobody answers there, and nobody is asked.
        await mount.ConfigureAsync(
            new { kubernetes_host = "127.0.0.1:1", pem_keys = signer.Pem, issuer = AccountCluster.Issuer, token_verification = "local" }).Ok();
        await mount.RoleAsync("app", new { bound_service_account_names = "web", bound_service_account_namespaces = "shop" }).Ok();
    }

    public async Task DisposeAsync()
    {
        await mount.DisposeAsync();
        signer.Dispose();
    }

    [Fact]
    public async Task A_token_that_the_clusters_key_signed_logs_in()
    {
        var auth = await mount.LoginAsync(signer.Sign(Claims()));
        Assert.Equal("u-1", auth.Metadata["service_account_uid"]);
    }

    [Fact]
    public async Task A_token_is_for_the_roles_audience_or_the_issuers_own()
    {
        await mount.RefusedAsync(signer.Sign(Claims(audience: "kist")), FailureKind.Denied);
        await mount.RoleAsync("app", new { audience = "kist" }).Ok();
        await mount.LoginAsync(signer.Sign(Claims(audience: "kist")));
        await mount.RefusedAsync(signer.Sign(Claims()), FailureKind.Denied);
    }

    [Theory]
    [InlineData("\"iss\":\"https://kubernetes.default.svc\"", "\"iss\":\"https://elsewhere\"")]
    [InlineData("\"iss\":\"https://kubernetes.default.svc\",", "")]
    [InlineData("\"sub\":\"system:serviceaccount:shop:web\"", "\"sub\":\"system:serviceaccount:shop:other\"")]
    [InlineData("\"sub\":\"system:serviceaccount:shop:web\"", "\"sub\":\"web\"")]
    [InlineData("\"uid\":\"u-1\"", "\"uid\":\"\"")]
    [InlineData("\"namespace\":\"shop\"", "\"namespace\":\"other\"")]
    [InlineData("\"namespace\":\"shop\"", "\"namespace\":1")]
    [InlineData("\"kubernetes.io\"", "\"kubernetes\"")]
    [InlineData("{\"namespace\":\"shop\"", "{\"warnafter\":1,\"namespace\":\"shop\"")]
    [InlineData("{\"namespace\":\"shop\"", "{\"warnafter\":\"x\",\"namespace\":\"shop\"")]
    [InlineData("\"exp\"", "\"end\"")]
    public async Task A_signed_token_that_is_none_of_a_bound_account_is_refused(string part, string other)
    {
        var claims = Claims();
        Assert.Contains(part, claims);
        Assert.Equal("kubernetes.not_vouched_for", (await mount.RefusedAsync(signer.Sign(claims.Replace(part, other)), FailureKind.Denied)).Code);
    }

    [Fact]
    public async Task A_token_of_a_secret_never_ends_and_so_needs_a_review()
    {
        const string Former =
            """
            {"iss":"https://kubernetes.default.svc","aud":["https://kubernetes.default.svc"],"sub":"system:serviceaccount:shop:web",
             "kubernetes.io/serviceaccount/namespace":"shop","kubernetes.io/serviceaccount/service-account.name":"web",
             "kubernetes.io/serviceaccount/service-account.uid":"u-1","kubernetes.io/serviceaccount/secret.name":"web-token"}
            """;
        await mount.RefusedAsync(signer.Sign(Former), FailureKind.Denied);
    }

    [Fact]
    public async Task A_token_ends_at_its_end_and_where_it_was_meant_to_be_replaced()
    {
        var token = signer.Sign(Claims());
        var extended = signer.Sign(Claims().Replace("{\"namespace\"", $"{{\"warnafter\":{Now + 100},\"namespace\""));
        mount.Clock.Shift(TimeSpan.FromSeconds(150));
        await mount.LoginAsync(extended);
        mount.Clock.Shift(TimeSpan.FromSeconds(30));
        await mount.RefusedAsync(extended, FailureKind.Denied);
        mount.Clock.Shift(TimeSpan.FromSeconds(450));
        await mount.LoginAsync(token);
        mount.Clock.Shift(TimeSpan.FromSeconds(60));
        await mount.RefusedAsync(token, FailureKind.Denied);
    }

    [Fact]
    public async Task Who_holds_no_token_of_the_cluster_learns_nothing_of_roles()
    {
        using var forger = TestSigner.Rsa();
        await mount.RoleAsync("other", new { bound_service_account_names = "x", bound_service_account_namespaces = "y", audience = "z" }).Ok();
        var failures = new List<Failure>();
        foreach (var role in (string[])["app", "other", "absent", "../config"])
            failures.Add(await mount.RefusedAsync(forger.Sign(Claims()), FailureKind.Denied, role));
        Assert.Single(failures.Distinct());
        Assert.Equal("kubernetes.unknown_role", (await mount.RefusedAsync(signer.Sign(Claims()), FailureKind.Invalid, "absent")).Code);
        Assert.Equal("kubernetes.name_refused", (await mount.RefusedAsync(signer.Sign(Claims(name: "api")), FailureKind.Denied)).Code);
        Assert.Equal("kubernetes.namespace_refused", (await mount.RefusedAsync(signer.Sign(Claims(ns: "bank")), FailureKind.Denied)).Code);
    }

    [Fact]
    public async Task Mounts_of_several_clusters_do_not_mix()
    {
        using var other = TestSigner.Rsa();
        await mount.Node.WriteAsync("sys/auth/second", """{"type":"kubernetes"}""").Ok();
        await mount.Node.WriteAsync("auth/second/config", System.Text.Json.JsonSerializer.Serialize(
            new { kubernetes_host = "127.0.0.1:1", pem_keys = other.Pem, issuer = AccountCluster.Issuer, token_verification = "local" })).Ok();
        await mount.Node.WriteAsync(
            "auth/second/role/app", """{"bound_service_account_names":"web","bound_service_account_namespaces":"shop"}""").Ok();
        await mount.RefusedAsync(other.Sign(Claims()), FailureKind.Denied);
        var body = System.Text.Json.JsonSerializer.Serialize(new { role = "app", jwt = other.Sign(Claims()) });
        Assert.NotNull((await mount.Node.WriteAsync("auth/second/login", body, new Crypto.SecretText("")).Ok()).Auth);
        body = System.Text.Json.JsonSerializer.Serialize(new { role = "app", jwt = signer.Sign(Claims()) });
        await mount.Node.WriteAsync("auth/second/login", body, new Crypto.SecretText("")).Fails(FailureKind.Denied);
    }

    private long Now => mount.Clock.GetUtcNow().ToUnixTimeSeconds();

    private string Claims(string ns = "shop", string name = "web", string audience = AccountCluster.Issuer) =>
        LocalClaims.Of(ns, name, "u-1", Now + 600, audience);
}
