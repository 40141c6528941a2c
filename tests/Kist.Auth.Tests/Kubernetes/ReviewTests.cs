using Kist.Core;
using Kist.Core.Tests.Nodes;
using Kist.Crypto.Tests.Jose;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>Logins that a real API server judges.</summary>
[Collection(AccountClusterCollection.Name)]
public sealed class ReviewTests(AccountCluster cluster) : IAsyncLifetime
{
    private KubernetesMount mount = null!;

    public async Task InitializeAsync() => mount = await KubernetesMount.CreateAsync();

    public async Task DisposeAsync() => await mount.DisposeAsync();

    [FactNeedingKube]
    public async Task A_pods_token_logs_in_on_every_node()
    {
        var ns = await StartAsync();
        var uid = await cluster.AccountAsync(ns, "web");
        await mount.RoleAsync("App", new { bound_service_account_names = "web", bound_service_account_namespaces = ns, policies = "dev", token_ttl = "1h" }).Ok();
        var auth = await mount.LoginAsync(await cluster.TokenAsync(ns, "web"));
        Assert.Equal(["default", "dev"], auth.Policies);
        Assert.Equal(TimeSpan.FromHours(1), auth.Ttl);
        Assert.Equal(
            [("role", "app"), ("service_account_name", "web"), ("service_account_namespace", ns), ("service_account_secret_name", ""), ("service_account_uid", uid)],
            auth.Metadata.Select(m => (m.Key, m.Value)).OrderBy(m => m.Key, StringComparer.Ordinal));
        var shown = (await mount.Node.ReadAsync("auth/token/lookup-self", auth.ClientToken).Ok()).Json();
        Assert.Equal($"kubernetes-{ns}-web", shown.Text("display_name"));
        await mount.RenewAsync(auth.ClientToken).Ok();
        await mount.DeleteRoleAsync("APP");
        Assert.Contains("does not exist", (await mount.RenewAsync(auth.ClientToken).Fails(FailureKind.Invalid)).Message);
    }

    [FactNeedingKube]
    public async Task Names_and_namespaces_are_as_the_role_says()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web-1");
        var token = await cluster.TokenAsync(ns, "web-1");
        await RoleAsync("web-*", "ns*");
        await mount.LoginAsync(token);
        await RoleAsync("*", ns);
        await mount.LoginAsync(token);
        await RoleAsync("web", ns);
        Assert.Equal("kubernetes.name_refused", (await mount.RefusedAsync(token, FailureKind.Denied)).Code);
        await RoleAsync("web-1", "other");
        Assert.Equal("kubernetes.namespace_refused", (await mount.RefusedAsync(token, FailureKind.Denied)).Code);
        Assert.Equal("kubernetes.unknown_role", (await mount.RefusedAsync(token, FailureKind.Invalid, "absent")).Code);
    }

    [FactNeedingKube]
    public async Task A_token_is_for_the_roles_audience_alone()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        var (plain, ours, other) = (await cluster.TokenAsync(ns, "web"), await cluster.TokenAsync(ns, "web", "kist"), await cluster.TokenAsync(ns, "web", "other"));
        await RoleAsync("web", ns);
        await mount.LoginAsync(plain);
        await mount.RefusedAsync(ours, FailureKind.Denied);
        await mount.RoleAsync("app", new { audience = "kist" }).Ok();
        await mount.LoginAsync(ours);
        await mount.RefusedAsync(plain, FailureKind.Denied);
        await mount.RefusedAsync(other, FailureKind.Denied);
    }

    [FactNeedingKube]
    public async Task A_deleted_account_is_refused_and_so_is_its_namesake()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var token = await cluster.TokenAsync(ns, "web");
        await mount.LoginAsync(token);
        await cluster.DeleteAsync($"{ns}/serviceaccounts/web");
        Assert.Equal("kubernetes.not_vouched_for", (await mount.SoonRefusedAsync(token, FailureKind.Denied)).Code);
        await cluster.AccountAsync(ns, "web");
        await mount.LoginAsync(await cluster.TokenAsync(ns, "web"));
        await mount.RefusedAsync(token, FailureKind.Denied);
    }

    [FactNeedingKube]
    public async Task A_deleted_pod_is_refused()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var uid = await cluster.PodAsync(ns, "web-0", "web");
        var token = await cluster.TokenAsync(ns, "web", pod: ("web-0", uid));
        await mount.LoginAsync(token);
        await cluster.DeleteAsync($"{ns}/pods/web-0");
        await mount.SoonRefusedAsync(token, FailureKind.Denied);
        // Another pod of its name is another.
        Assert.NotEqual(uid, await cluster.PodAsync(ns, "web-0", "web"));
        await mount.RefusedAsync(token, FailureKind.Denied);
    }

    [FactNeedingKube]
    public async Task When_the_cluster_has_another_key_tokens_of_the_former_are_refused()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var former = await cluster.TokenAsync(ns, "web");
        await mount.LoginAsync(former);
        await cluster.RotateKeyAsync();
        await ConfigureAsync(cluster.Reviewer);
        Assert.Equal("kubernetes.not_vouched_for", (await mount.RefusedAsync(former, FailureKind.Denied)).Code);
        await mount.LoginAsync(await cluster.TokenAsync(ns, "web"));
    }

    [FactNeedingKube]
    public async Task An_expired_or_forged_token_is_refused()
    {
        var ns = await StartAsync();
        var uid = await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        using var signer = TestSigner.FromEcPem(await File.ReadAllTextAsync(cluster.KeyFile));
        using var forger = TestSigner.Ec();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await mount.LoginAsync(signer.Sign(Claims(now + 600)));
        await mount.RefusedAsync(forger.Sign(Claims(now + 600)), FailureKind.Denied);
        var expired = signer.Sign(Claims(now - 100));
        await mount.RefusedAsync(expired, FailureKind.Denied);
        // Also when this server's clock is late: the API server judges.
        mount.Clock.Shift(TimeSpan.FromHours(-1));
        await mount.RefusedAsync(expired, FailureKind.Denied);

        string Claims(long end) => LocalClaims.Of(ns, "web", uid, end);
    }

    [FactNeedingKube]
    public async Task A_revoked_reviewer_lets_nobody_in_and_says_so()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await cluster.AccountAsync(ns, "reviewer");
        await cluster.BindAsync("system:auth-delegator", ns, "reviewer");
        await RoleAsync("web", ns);
        var token = await cluster.TokenAsync(ns, "web");
        await ConfigureAsync(await cluster.TokenAsync(ns, "reviewer"));
        await mount.LoginAsync(token);
        await cluster.DeleteAsync($"{ns}/serviceaccounts/reviewer");
        Assert.Equal("kubernetes.reviewer_refused", (await mount.SoonRefusedAsync(token, FailureKind.Unavailable)).Code);
        // An account that may not review is no reviewer.
        await ConfigureAsync(token);
        Assert.Equal("kubernetes.reviewer_refused", (await mount.RefusedAsync(token, FailureKind.Unavailable)).Code);
    }

    [FactNeedingKube]
    public async Task Without_a_reviewer_each_caller_is_their_own()
    {
        var ns = await StartAsync();
        await ConfigureAsync("");
        await cluster.AccountAsync(ns, "web");
        await cluster.AccountAsync(ns, "poor");
        await cluster.BindAsync("system:auth-delegator", ns, "web");
        await RoleAsync("*", ns);
        await mount.LoginAsync(await cluster.TokenAsync(ns, "web"));
        Assert.Equal("kubernetes.caller_refused", (await mount.RefusedAsync(await cluster.TokenAsync(ns, "poor"), FailureKind.Denied)).Code);
        using var forger = TestSigner.Ec();
        var forged = forger.Sign(LocalClaims.Of(ns, "web", "uid", TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600));
        await mount.RefusedAsync(forged, FailureKind.Denied);
    }

    [FactNeedingKube]
    public async Task In_a_pod_its_own_files_serve_and_their_renewal_is_seen()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        var token = await cluster.TokenAsync(ns, "web");
        var directory = Directory.CreateTempSubdirectory("kist-pod-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "token"), cluster.Reviewer);
            await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), cluster.Authority);
            await using var inPod = await KubernetesMount.CreateAsync(directory);
            await inPod.ConfigureAsync(new { kubernetes_host = cluster.Host }).Ok();
            await inPod.RoleAsync("app", new { bound_service_account_names = "web", bound_service_account_namespaces = ns }).Ok();
            await inPod.LoginAsync(token);
            using var other = Harness.TestAuthority.Create("other");
            await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), other.Certificate.ExportCertificatePem());
            await inPod.LoginAsync(token);
            inPod.Clock.Shift(TimeSpan.FromMinutes(2));
            await inPod.RefusedAsync(token, FailureKind.Unavailable);
            await inPod.ConfigureAsync(new { kubernetes_host = cluster.Host, disable_local_ca_jwt = true }).Fails(FailureKind.Invalid);
            // Where its file cannot be used, nobody is trusted in its place.
            await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), "");
            inPod.Clock.Shift(TimeSpan.FromMinutes(4));
            await inPod.RefusedAsync(token, FailureKind.Unavailable);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // Whoever may write a mount's settings could have it sent to a server of their own.
    [FactNeedingKube]
    public async Task The_token_of_the_pod_goes_to_the_pods_own_cluster_alone()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        var token = await cluster.TokenAsync(ns, "web");
        var directory = Directory.CreateTempSubdirectory("kist-pod-").FullName;
        try
        {
            using var other = Harness.TestAuthority.Create("other");
            await File.WriteAllTextAsync(Path.Combine(directory, "token"), cluster.Reviewer);
            await File.WriteAllTextAsync(Path.Combine(directory, "ca.crt"), cluster.Authority);
            await using var inPod = await KubernetesMount.CreateAsync(directory);
            await inPod.RoleAsync("app", new { bound_service_account_names = "web", bound_service_account_namespaces = ns }).Ok();
            await inPod.ConfigureAsync(new { kubernetes_host = cluster.Host, kubernetes_ca_cert = cluster.Authority }).Ok();
            await inPod.LoginAsync(token);
            // The server is the same, and what is trusted is not the pod's.
            var both = cluster.Authority.TrimEnd() + "\n" + other.Certificate.ExportCertificatePem();
            var written = await inPod.ConfigureAsync(new { kubernetes_host = cluster.Host, kubernetes_ca_cert = both }).Ok();
            Assert.Contains("tokenreviews", Assert.Single(written.Warnings));
            Assert.Equal("kubernetes.caller_refused", (await inPod.RefusedAsync(token, FailureKind.Denied)).Code);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [FactNeedingKube]
    public async Task A_token_is_not_renewed_by_a_role_that_was_made_anew_or_takes_its_account_no_more()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var auth = await mount.LoginAsync(await cluster.TokenAsync(ns, "web"));
        await RoleAsync("we*", "ns*");
        await mount.RenewAsync(auth.ClientToken).Ok();
        await RoleAsync("other", ns);
        await mount.RenewAsync(auth.ClientToken).Fails(FailureKind.Denied);
        await RoleAsync("web", "other");
        await mount.RenewAsync(auth.ClientToken).Fails(FailureKind.Denied);
        await RoleAsync("web", ns);
        await mount.RenewAsync(auth.ClientToken).Ok();
        await mount.DeleteRoleAsync("app");
        await RoleAsync("web", ns);
        await mount.RenewAsync(auth.ClientToken).Fails(FailureKind.Invalid);
    }

    [FactNeedingKube]
    public async Task An_account_is_known_by_its_uid_or_by_its_name()
    {
        var ns = await StartAsync();
        var uid = await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        Assert.Equal(uid, await AliasAsync());
        await mount.RoleAsync("app", new { alias_name_source = "serviceaccount_name" }).Ok();
        Assert.Equal($"{ns}/web", await AliasAsync());

        async Task<string> AliasAsync()
        {
            var token = (await mount.LoginAsync(await cluster.TokenAsync(ns, "web"))).ClientToken;
            var entity = (await mount.Node.ReadAsync("auth/token/lookup-self", token).Ok()).Json().Text("entity_id");
            var aliases = (await mount.Node.ReadAsync($"identity/entity/id/{entity}").Ok()).Json().GetProperty("aliases");
            return Assert.Single(aliases.EnumerateArray()).Text("name");
        }
    }

    [FactNeedingKube]
    public async Task Each_cluster_is_a_mount_and_vouches_for_nobody_at_another()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var token = await cluster.TokenAsync(ns, "web");
        await using var stranger = await Harness.Kubernetes.KubeCluster.StartAsync(new Harness.Kubernetes.KubeClusterOptions());
        await mount.Node.WriteAsync("sys/auth/second", """{"type":"kubernetes"}""").Ok();
        await mount.Node.WriteAsync("auth/second/config", System.Text.Json.JsonSerializer.Serialize(new
        {
            kubernetes_host = stranger.ApiServer.Address.AbsoluteUri,
            kubernetes_ca_cert = await File.ReadAllTextAsync(stranger.Certificates.AuthorityFile),
            token_reviewer_jwt = Harness.Kubernetes.KubeCluster.AdminToken,
        })).Ok();
        await mount.Node.WriteAsync("auth/second/role/app", $$"""{"bound_service_account_names":"web","bound_service_account_namespaces":"{{ns}}"}""").Ok();
        await mount.LoginAsync(token);
        var body = System.Text.Json.JsonSerializer.Serialize(new { jwt = token, role = "app" });
        var refused = await mount.Node.WriteAsync("auth/second/login", body, new Crypto.SecretText("")).Fails(FailureKind.Denied);
        Assert.Equal("kubernetes.not_vouched_for", refused.Code);
    }

    [FactNeedingKube]
    public async Task Namespaces_can_be_chosen_by_their_labels()
    {
        var ns = await StartAsync();
        var chosen = await cluster.NamespaceAsync("core");
        foreach (var home in (string[])[ns, chosen])
            await cluster.AccountAsync(home, "web");
        await mount.RoleAsync(
            "app",
            new { bound_service_account_names = "web", bound_service_account_namespace_selector = new { matchLabels = new { team = "core" } } }).Ok();
        await mount.LoginAsync(await cluster.TokenAsync(chosen, "web"));
        var token = await cluster.TokenAsync(ns, "web");
        Assert.Equal("kubernetes.namespace_refused", (await mount.RefusedAsync(token, FailureKind.Denied)).Code);
        await mount.RoleAsync("app", new { bound_service_account_namespaces = ns }).Ok();
        await mount.LoginAsync(token);
        // A reviewer who may not look cannot let in by labels.
        await cluster.AccountAsync(ns, "blind");
        await cluster.BindAsync("system:auth-delegator", ns, "blind");
        await ConfigureAsync(await cluster.TokenAsync(ns, "blind"));
        Assert.Equal("kubernetes.namespaces_refused", (await mount.RefusedAsync(await cluster.TokenAsync(chosen, "web"), FailureKind.Unavailable)).Code);
    }

    [FactNeedingKube]
    public async Task Only_the_pinned_authority_is_trusted_and_nothing_of_the_address_is_told()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var token = await cluster.TokenAsync(ns, "web");
        using var other = Harness.TestAuthority.Create("other");
        var authority = other.Certificate.ExportCertificatePem();
        await mount.ConfigureAsync(new { kubernetes_host = cluster.Host, kubernetes_ca_cert = authority, token_reviewer_jwt = cluster.Reviewer }).Ok();
        var failure = await mount.RefusedAsync(token, FailureKind.Unavailable);
        Assert.DoesNotContain("127.0.0.1", failure.Message);
        await mount.ConfigureAsync(new { kubernetes_host = "127.0.0.1:1", kubernetes_ca_cert = authority, token_reviewer_jwt = cluster.Reviewer }).Ok();
        Assert.Equal(failure, await mount.RefusedAsync(token, FailureKind.Unavailable));
    }

    [FactNeedingKube]
    public async Task Keys_that_are_given_are_asked_before_the_API_server()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var token = await cluster.TokenAsync(ns, "web");
        var config = new { kubernetes_host = cluster.Host, kubernetes_ca_cert = cluster.Authority, token_reviewer_jwt = cluster.Reviewer };
        await mount.ConfigureAsync(new { config.kubernetes_host, config.kubernetes_ca_cert, config.token_reviewer_jwt, pem_keys = new[] { cluster.PublicKey } }).Ok();
        await mount.LoginAsync(token);
        using var other = TestSigner.Ec();
        await mount.ConfigureAsync(new { config.kubernetes_host, config.kubernetes_ca_cert, config.token_reviewer_jwt, pem_keys = new[] { other.Pem } }).Ok();
        await mount.RefusedAsync(token, FailureKind.Denied);
        await mount.ConfigureAsync(
            new { config.kubernetes_host, config.kubernetes_ca_cert, config.token_reviewer_jwt, issuer = "another", disable_iss_validation = false }).Ok();
        await mount.RefusedAsync(token, FailureKind.Denied);
        await mount.ConfigureAsync(
            new { config.kubernetes_host, config.kubernetes_ca_cert, config.token_reviewer_jwt, issuer = AccountCluster.Issuer, disable_iss_validation = false }).Ok();
        await mount.LoginAsync(token);
    }

    [FactNeedingKube]
    public async Task Other_tokens_of_the_cluster_are_nobodys()
    {
        var ns = await StartAsync();
        await RoleAsync("*", "*");
        foreach (var token in (string[])[Harness.Kubernetes.KubeCluster.AdminToken, "", "a.b.c", new string('x', 100_000)])
            await mount.RefusedAsync(token, FailureKind.Invalid);
        using var signer = TestSigner.FromEcPem(await File.ReadAllTextAsync(cluster.KeyFile));
        await mount.RefusedAsync(signer.Sign("""{"sub":"system:admin"}"""), FailureKind.Denied);
        foreach (var body in (string[])["", "{}", """{"role":"app"}""", """{"jwt":"x"}""", """{"jwt":{},"role":"app"}"""])
            await mount.Node.WriteAsync("auth/kubernetes/login", body, new Crypto.SecretText("")).Fails(FailureKind.Invalid);
        Assert.NotEmpty(ns);
    }

    [FactNeedingKube]
    public async Task A_storm_of_logins_ends_well()
    {
        var ns = await StartAsync();
        await cluster.AccountAsync(ns, "web");
        await RoleAsync("web", ns);
        var token = await cluster.TokenAsync(ns, "web");
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => mount.AskAsync(token, at: i % 2 == 0 ? mount.Node : mount.Other)));
        Assert.All(answers, a => Assert.True(a.Failure is null, a.Failure?.Message));
    }

    private async Task<string> StartAsync()
    {
        await ConfigureAsync(cluster.Reviewer);
        return await cluster.NamespaceAsync();
    }

    private Task<Core.Pipeline.Response> ConfigureAsync(string reviewer) =>
        mount.ConfigureAsync(new { kubernetes_host = cluster.Host, kubernetes_ca_cert = cluster.Authority, token_reviewer_jwt = reviewer }).Ok();

    private Task<Core.Pipeline.Response> RoleAsync(string names, string namespaces) =>
        mount.RoleAsync("app", new { bound_service_account_names = names, bound_service_account_namespaces = namespaces }).Ok();
}
