using System.Text.Json.Nodes;
using Kist.Harness.Kubernetes;
using Kist.Wire.Tests.Kubernetes;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>A real API server takes every manifest, and what the chart renders, as it is.</summary>
public sealed class DryRunTests : IAsyncLifetime
{
    private KubeCluster cluster = null!;

    public async Task InitializeAsync()
    {
        if (!KubeCluster.Installed)
            return;
        cluster = await KubeCluster.StartAsync(new KubeClusterOptions());
        foreach (var name in (string[])["kist", "shop"])
            await cluster.ApiServer.Http.CreateNamespaceAsync(name);
    }

    public async Task DisposeAsync()
    {
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    [FactNeedingKube]
    public async Task Api_server_takes_every_manifest_whole_and_tells_what_it_would_not()
    {
        await TakesAsync("server", DeployFiles.Manifests("server"));
        await TakesAsync("application", DeployFiles.Manifests("application"));
        await TakesAsync("kms", DeployFiles.Objects(await File.ReadAllTextAsync(Path.Combine(DeployFiles.Folder, "kms", "kist-kms.pod.yaml"))));
        // The instrument itself: an unknown field, and a value that is none.
        var deployment = DeployFiles.Manifests("application").Single(item => item.Kind() == "Deployment");
        deployment.Pod()!["spec"]!["runAsNobody"] = true;
        Assert.Equal(["Deployment shop.spec.template.spec.runAsNobody: dropped"], await SubmitAsync(deployment));
        deployment.Pod()!["spec"]!["restartPolicy"] = "Sometimes";
        Assert.Contains("restartPolicy", Assert.Single(await SubmitAsync(deployment)), StringComparison.Ordinal);
        var made = (await cluster.ApiServer.Http.GetAsync("apis/apps/v1/statefulsets")).Good().Json.GetProperty("items").GetArrayLength();
        Assert.Equal(0, made);
    }

    [FactNeedingChart(andKube: true)]
    public async Task Api_server_takes_what_the_chart_renders_with_common_values()
    {
        foreach (var (name, values) in ValueSets.All)
            await TakesAsync(name, await DeployFiles.RenderAsync(values));
    }

    private async Task TakesAsync(string what, IReadOnlyList<JsonObject> items)
    {
        foreach (var item in items)
        {
            var faults = await SubmitAsync(item);
            Assert.True(faults.Count == 0, $"{what}: {string.Join('\n', faults)}");
        }
    }

    private Task<IReadOnlyList<string>> SubmitAsync(JsonObject item) => DryRun.SubmitAsync(cluster.ApiServer.Http, item);
}
