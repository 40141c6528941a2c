using Kist.Core;
using Kist.Core.Tests.Nodes;

namespace Kist.Auth.Tests.Kubernetes;

/// <summary>Logins that are judged by the keys which a real API server publishes.</summary>
[Collection(AccountClusterCollection.Name)]
public sealed class PublishedKeysTests(AccountCluster cluster) : IAsyncLifetime
{
    private KubernetesMount mount = null!;

    public async Task InitializeAsync() => mount = await KubernetesMount.CreateAsync();

    public async Task DisposeAsync() => await mount.DisposeAsync();

    [FactNeedingKube]
    public async Task Keys_of_the_cluster_verify_tokens_and_what_is_deleted_goes_unnoticed_until_the_token_ends()
    {
        var (ns, token) = await StartAsync();
        await mount.LoginAsync(token);
        await mount.RefusedAsync(await cluster.TokenAsync(ns, "web", "other"), FailureKind.Denied);
        // As documented: the price of no round trip.
        await cluster.DeleteAsync($"{ns}/serviceaccounts/web");
        await mount.LoginAsync(token);
        mount.Clock.Shift(TimeSpan.FromMinutes(62));
        await mount.RefusedAsync(token, FailureKind.Denied);
    }

    [FactNeedingKube]
    public async Task A_rotated_key_is_found_and_the_old_one_given_up()
    {
        var (ns, former) = await StartAsync();
        await using var reviewed = await KubernetesMount.CreateAsync();
        await reviewed.ConfigureAsync(new { kubernetes_host = cluster.Host, kubernetes_ca_cert = cluster.Authority, token_reviewer_jwt = cluster.Reviewer }).Ok();
        await reviewed.RoleAsync("app", new { bound_service_account_names = "web", bound_service_account_namespaces = ns }).Ok();
        await mount.LoginAsync(former);
        await reviewed.LoginAsync(former);

        await cluster.RotateKeyAsync();
        var token = await cluster.TokenAsync(ns, "web");
        // The reviewer's token was signed by the old key, too.
        Assert.Equal("kubernetes.reviewer_refused", (await reviewed.RefusedAsync(token, FailureKind.Unavailable)).Code);
        await reviewed.ConfigureAsync(new { kubernetes_host = cluster.Host, kubernetes_ca_cert = cluster.Authority, token_reviewer_jwt = cluster.Reviewer }).Ok();
        await reviewed.LoginAsync(token);
        await reviewed.RefusedAsync(former, FailureKind.Denied);

        await ConfigureAsync();
        await mount.LoginAsync(token);
        await mount.RefusedAsync(former, FailureKind.Denied);
    }

    [FactNeedingKube]
    public async Task An_API_server_without_keys_to_give_is_told_at_once()
    {
        var refused = await mount.ConfigureAsync(new
        {
            kubernetes_host = "127.0.0.1:1",
            kubernetes_ca_cert = cluster.Authority,
            issuer = AccountCluster.Issuer,
            token_verification = "local",
        }).Ok();
        Assert.Contains("cannot be fetched", Assert.Single(refused.Warnings));
    }

    private async Task<(string Namespace, string Token)> StartAsync()
    {
        await ConfigureAsync();
        var ns = await cluster.NamespaceAsync();
        await cluster.AccountAsync(ns, "web");
        await mount.RoleAsync("app", new { bound_service_account_names = "web", bound_service_account_namespaces = ns }).Ok();
        return (ns, await cluster.TokenAsync(ns, "web"));
    }

    private async Task ConfigureAsync()
    {
        var written = await mount.ConfigureAsync(new
        {
            kubernetes_host = cluster.Host,
            kubernetes_ca_cert = cluster.Authority,
            token_reviewer_jwt = cluster.Reviewer,
            issuer = AccountCluster.Issuer,
            token_verification = "local",
        }).Ok();
        Assert.Empty(written.Warnings);
    }
}
