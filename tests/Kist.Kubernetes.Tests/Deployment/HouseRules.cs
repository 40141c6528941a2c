using System.Text.Json.Nodes;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>What every object of a deployment keeps to, alone and with those it belongs to.</summary>
internal static class HouseRules
{
    // Made by whoever installs, and by nobody who keeps manifests in Git.
    private static readonly string[] Given = ["kist-seal", "kist-tls", "kist-ca", "other-seal", "other-tls", "other-ca"];

    private static readonly string[] Ports = ["https", "agent-health"];

    /// <summary>All breaches, in words.</summary>
    public static IReadOnlyList<string> Breaches(IReadOnlyList<JsonObject> items) =>
    [
        .. items.Where(item => item.Pod() is not null).SelectMany(item => OfPod(item.Title(), item.Pod()!).Concat(OfReferences(item, items))),
        .. items.SelectMany(OfRights),
        .. items.SelectMany(item => OfSelectors(item, items)),
    ];

    private static IEnumerable<string> OfPod(string title, JsonNode pod)
    {
        var spec = pod.At("spec");
        var context = spec.At("securityContext");
        if (!context.Is(true, "runAsNonRoot"))
            yield return $"{title}: may run as root";
        if (context.At("runAsUser")?.GetValue<long>() is not > 0 || context.At("runAsGroup")?.GetValue<long>() is not > 0)
            yield return $"{title}: names no user and group by number";
        if (context.Text("seccompProfile", "type") != "RuntimeDefault")
            yield return $"{title}: any system call";
        if (spec.At("automountServiceAccountToken") is null)
            yield return $"{title}: does not say whether it gets the API server's token";
        foreach (var key in (string[])["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"])
        {
            if (spec.At(key) is not null)
                yield return $"{title}: {key}";
        }
        foreach (var volume in spec.List("volumes").Where(static volume => volume.At("hostPath") is not null))
            yield return $"{title}: a volume of the host, {volume.Text("name")}";
        foreach (var volume in spec.List("volumes").Where(static volume => volume.At("emptyDir") is { } dir && dir.Text("sizeLimit").Length == 0))
            yield return $"{title}: a volume without a limit, {volume.Text("name")}";
        foreach (var breach in pod.Containers().SelectMany(container => OfContainer($"{title}, {container.Text("name")}", container)))
            yield return breach;
    }

    private static IEnumerable<string> OfContainer(string title, JsonNode container)
    {
        var context = container.At("securityContext");
        if (!context.Is(true, "readOnlyRootFilesystem"))
            yield return $"{title}: a root file system that can be written to";
        if (!context.Is(false, "allowPrivilegeEscalation"))
            yield return $"{title}: may gain rights";
        if (string.Join(' ', context.List("capabilities", "drop")) != "ALL" || context.At("capabilities", "add") is not null)
            yield return $"{title}: has capabilities";
        if (context.At("privileged") is not null)
            yield return $"{title}: privileged";
        foreach (var path in (string[][])[["requests", "cpu"], ["requests", "memory"], ["limits", "memory"]])
        {
            if (container.Text(["resources", .. path]).Length == 0)
                yield return $"{title}: no {string.Join(' ', path)}";
        }
        var image = container.Text("image");
        if (!image.Contains(':', StringComparison.Ordinal) || image.EndsWith(":latest", StringComparison.Ordinal))
            yield return $"{title}: an image that may change, {image}";
        foreach (var probe in (string[])["startupProbe", "livenessProbe", "readinessProbe"])
        {
            if (container.At(probe) is { } found && !(Ports.Contains(found.Text("httpGet", "port"))
                && container.List("ports").Any(port => port.Text("name") == found.Text("httpGet", "port"))))
            {
                yield return $"{title}: {probe} asks a port that it does not have";
            }
        }
    }

    private static IEnumerable<string> OfReferences(JsonObject item, IReadOnlyList<JsonObject> items)
    {
        var pod = item.Pod()!;
        var volumes = pod.List("spec", "volumes").Select(static volume => volume.Text("name"))
            .Concat(item.List("spec", "volumeClaimTemplates").Select(static claim => claim.Text("metadata", "name"))).ToList();
        var mounts = pod.Containers().SelectMany(static container => container.List("volumeMounts"))
            .Select(static mount => mount.Text("name")).Distinct().ToList();
        foreach (var name in volumes.Except(mounts).Concat(mounts.Except(volumes)))
            yield return $"{item.Title()}: a volume without its mount, or the other way round: {name}";
        var wanted = pod.List("spec", "volumes")
            .SelectMany(static volume => (string[])[volume.Text("configMap", "name"), volume.Text("secret", "secretName")])
            .Concat(pod.Containers().SelectMany(static container => container.List("env"))
                .Select(static env => env.Text("valueFrom", "secretKeyRef", "name")))
            .Where(static name => name.Length > 0).Except(Given);
        foreach (var name in wanted.Where(name => !Has(items, item, "ConfigMap", name)))
            yield return $"{item.Title()}: {name} is nowhere";
        if (!Has(items, item, "ServiceAccount", pod.Text("spec", "serviceAccountName")))
            yield return $"{item.Title()}: its service account is nowhere";
        if (item.Kind() == "StatefulSet"
            && !items.Any(service => service.Name() == item.Text("spec", "serviceName") && service.Text("spec", "clusterIP") == "None"))
        {
            yield return $"{item.Title()}: its headless Service is nowhere";
        }
    }

    private static IEnumerable<string> OfRights(JsonObject item)
    {
        if (item.Kind() is "ClusterRole" or "Role")
        {
            var rights = item.List("rules").SelectMany(static rule =>
                rule.List("verbs").SelectMany(verb => rule.List("resources").Select(resource => $"{verb} {resource}")));
            if (!rights.SequenceEqual(["create tokenreviews"]))
                yield return $"{item.Title()}: more than reviewing tokens";
        }
        if (item.Kind() is "ClusterRoleBinding" or "RoleBinding" && item.Text("roleRef", "name") != item.Name())
            yield return $"{item.Title()}: binds another role than its own";
        if (item.Kind() == "Secret")
            yield return $"{item.Title()}: a Secret would end up in Git";
        if (item.Kind() == "ServiceAccount" && !item.Is(false, "automountServiceAccountToken"))
            yield return $"{item.Title()}: gives its token to every pod";
    }

    private static IEnumerable<string> OfSelectors(JsonObject item, IReadOnlyList<JsonObject> items)
    {
        var selector = item.Kind() switch
        {
            "Service" => item.At("spec", "selector"),
            "NetworkPolicy" => item.At("spec", "podSelector", "matchLabels"),
            "PodDisruptionBudget" or "StatefulSet" or "Deployment" => item.At("spec", "selector", "matchLabels"),
            _ => null,
        };
        if (item.Kind() is "Service" or "NetworkPolicy" or "PodDisruptionBudget" or "StatefulSet" or "Deployment"
            && items.Count(other => other.Namespace() == item.Namespace() && selector.Selects(other.Pod().At("metadata", "labels"))) != 1)
        {
            yield return $"{item.Title()}: selects not exactly one workload";
        }
    }

    private static bool Has(IReadOnlyList<JsonObject> items, JsonObject user, string kind, string name) =>
        items.Any(item => item.Kind() == kind && item.Name() == name && item.Namespace() == user.Namespace());
}
