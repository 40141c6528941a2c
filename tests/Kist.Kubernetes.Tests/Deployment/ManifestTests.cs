using System.Text.Json.Nodes;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>The plain manifests and what the chart renders keep to the rules of the house and agree with one another.</summary>
public sealed class ManifestTests
{
    public static TheoryData<string> Values => new(ValueSets.All.Keys);

    [Fact]
    public void Plain_manifests_keep_the_rules_of_the_house()
    {
        IReadOnlyList<JsonObject> items = [.. DeployFiles.Manifests("server"), .. DeployFiles.Manifests("application")];
        Assert.Equal(5, items.Count(item => item.Kind() is "StatefulSet" or "Deployment" or "ClusterRole" or "Namespace"));
        Assert.Empty(HouseRules.Breaches(items));
    }

    [Fact]
    public void Each_rule_is_seen_to_be_broken()
    {
        var items = DeployFiles.Manifests("application").Select(item => item.DeepClone().AsObject()).ToList();
        var pod = items.Single(item => item.Kind() == "Deployment").Pod()!;
        pod["spec"]!.AsObject().Remove("automountServiceAccountToken");
        pod.At("spec", "securityContext")!["runAsNonRoot"] = false;
        var container = pod.List("spec", "containers").First();
        container["resources"]!.AsObject().Remove("limits");
        container["securityContext"]!["readOnlyRootFilesystem"] = false;
        container["image"] = "busybox:latest";
        pod["metadata"]!["labels"]!["app.kubernetes.io/name"] = "stop";
        items.Add(new JsonObject { ["kind"] = "ClusterRole", ["rules"] = new JsonArray() });
        var breaches = string.Join('\n', HouseRules.Breaches(items));
        Assert.All(
            [
                "may run as root", "does not say whether", "no limits memory", "can be written to", "may change", "more than reviewing",
                "selects not exactly one",
            ],
            words => Assert.Contains(words, breaches, StringComparison.Ordinal));
    }

    [Fact]
    public void Image_and_pods_run_as_the_same_user()
    {
        var image = File.ReadAllLines(Path.Combine(DeployFiles.Folder, "Dockerfile"));
        var user = Assert.Single(image, static line => line.StartsWith("USER ", StringComparison.Ordinal))["USER ".Length..];
        var contexts = DeployFiles.Manifests("server").Concat(DeployFiles.Manifests("application"))
            .Select(item => item.Pod().At("spec", "securityContext")).OfType<JsonNode>();
        Assert.All(contexts, context => Assert.Equal(user, $"{context.Text("runAsUser")}:{context.Text("runAsGroup")}"));
    }

    [TheoryNeedingChart]
    [MemberData(nameof(Values))]
    public async Task Chart_keeps_the_rules_of_the_house(string name) =>
        Assert.Empty(HouseRules.Breaches(await DeployFiles.RenderAsync(ValueSets.All[name])));

    [FactNeedingChart]
    public async Task Chart_by_default_is_what_the_plain_manifests_say()
    {
        var chart = await DeployFiles.RenderAsync("{}");
        var plain = DeployFiles.Manifests("server");
        Assert.Equal(plain.Where(item => item.Kind() != "Namespace").Select(item => item.Kind()).Order(), chart.Select(item => item.Kind()).Order());
        foreach (var path in (string[][])[["template", "spec"], ["volumeClaimTemplates"], ["serviceName"], ["replicas"]])
            Assert.Equal(Part(plain, "StatefulSet", ["spec", .. path]), Part(chart, "StatefulSet", ["spec", .. path]));
        foreach (var part in (string[])["ingress", "egress", "policyTypes"])
            Assert.Equal(Part(plain, "NetworkPolicy", "spec", part), Part(chart, "NetworkPolicy", "spec", part));
        Assert.Equal(Part(plain, "ClusterRole", "rules"), Part(chart, "ClusterRole", "rules"));
        Assert.Equal(Part(plain, "PodDisruptionBudget", "spec", "maxUnavailable"), Part(chart, "PodDisruptionBudget", "spec", "maxUnavailable"));
    }

    [FactNeedingChart]
    public async Task Charts_application_is_what_the_plain_manifests_say()
    {
        var chart = await DeployFiles.RenderAsync("server: {enabled: false}\n" + ValueSets.Application);
        var plain = DeployFiles.Manifests("application");
        Assert.Equal(Part(plain, "Deployment", "spec", "template", "spec"), Part(chart, "Deployment", "spec", "template", "spec"));
    }

    [TheoryNeedingChart]
    [InlineData("server: {replicas: 3}", "replicas")]
    [InlineData("server: {resources: {limits: null}}", "limits is required")]
    [InlineData("server: {service: {port: \"8200\"}}", "server.service.port")]
    [InlineData("server: {userId: 0}", "server.userId")]
    [InlineData("application: {enabled: true}", "agent.templates is empty")]
    [InlineData("agent: {tokenSeconds: 60}", "agent.tokenSeconds")]
    [InlineData("agent: {templates: [{file: /etc/passwd, contents: x}]}", "agent.templates.0.file")]
    public async Task Values_that_mean_nothing_are_refused(string values, string expected)
    {
        var ended = await Harness.Kubernetes.HelmChart.RenderAsync(DeployFiles.Chart, values);
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains(expected, ended.Errors, StringComparison.Ordinal);
    }

    [FactNeedingChart]
    public async Task Release_of_another_name_and_place_names_all_that_is_its_own()
    {
        var items = await DeployFiles.RenderAsync("{}", "-name", "prod", "-namespace", "security");
        Assert.Empty(HouseRules.Breaches(items));
        Assert.All(items, item => Assert.Contains("prod-kist", item.Name(), StringComparison.Ordinal));
        Assert.All(items.Where(item => item.Kind() is not ("ClusterRole" or "ClusterRoleBinding")), item => Assert.Equal("security", item.Namespace()));
        Assert.Equal("security", Assert.Single(items.Single(item => item.Kind() == "ClusterRoleBinding").List("subjects")).Text("namespace"));
    }

    [FactNeedingChart]
    public async Task Image_is_that_of_the_charts_version()
    {
        var chart = DeployFiles.Objects(await File.ReadAllTextAsync(Path.Combine(DeployFiles.Chart, "Chart.yaml")))[0];
        var images = (await DeployFiles.RenderAsync(ValueSets.Application)).Concat(DeployFiles.Manifests("application"))
            .SelectMany(item => item.Pod()?.Containers() ?? [])
            .Select(container => container.Text("image"))
            .Where(image => image.StartsWith("kist:", StringComparison.Ordinal));
        Assert.All(images, image => Assert.Equal($"kist:{chart.Text("appVersion")}", image));
    }

    [TheoryNeedingChart]
    [MemberData(nameof(Values))]
    public async Task Notes_say_what_is_left_to_do(string name)
    {
        var ended = await Harness.Kubernetes.HelmChart.RenderAsync(DeployFiles.Chart, ValueSets.All[name], "-notes");
        Assert.Equal((0, ""), (ended.ExitCode, ended.Errors));
        var hasServer = !ValueSets.All[name].Contains("server: {enabled: false}", StringComparison.Ordinal);
        Assert.Equal(hasServer, ended.Output.Contains("operator init", StringComparison.Ordinal));
    }

    private static string Part(IEnumerable<JsonObject> items, string kind, params string[] path) =>
        Sorted(items.Single(item => item.Kind() == kind).At(path)) ?? "nothing";

    // Two objects with the same fields in another order are the same.
    private static string? Sorted(JsonNode? node) => node switch
    {
        JsonObject item => $"{{{string.Join(", ", item.Select(pair => $"{pair.Key}: {Sorted(pair.Value)}").Order(StringComparer.Ordinal))}}}",
        JsonArray list => $"[{string.Join(", ", list.Select(Sorted))}]",
        _ => node?.ToJsonString(),
    };
}
