using System.Collections.Frozen;

namespace Kist.Kubernetes;

/// <summary>Resources that every API server has, and where their keys in etcd differ from the common form.</summary>
internal static class BuiltinResources
{
    private static readonly Dictionary<string, string> ByGroup = new(StringComparer.Ordinal)
    {
        ["admissionregistration.k8s.io"] =
            "mutatingadmissionpolicies mutatingadmissionpolicybindings mutatingwebhookconfigurations "
            + "validatingadmissionpolicies validatingadmissionpolicybindings validatingwebhookconfigurations",
        ["apps"] = "controllerrevisions daemonsets deployments replicasets statefulsets",
        ["autoscaling"] = "horizontalpodautoscalers",
        ["batch"] = "cronjobs jobs",
        ["certificates.k8s.io"] = "certificatesigningrequests clustertrustbundles podcertificaterequests",
        ["coordination.k8s.io"] = "leasecandidates leases",
        ["discovery.k8s.io"] = "endpointslices",
        ["flowcontrol.apiserver.k8s.io"] = "flowschemas prioritylevelconfigurations",
        ["internal.apiserver.k8s.io"] = "storageversions",
        ["networking.k8s.io"] = "clustercidrs ingressclasses ingresses ipaddresses networkpolicies servicecidrs",
        ["node.k8s.io"] = "runtimeclasses",
        ["policy"] = "poddisruptionbudgets podsecuritypolicies",
        ["rbac.authorization.k8s.io"] = "clusterrolebindings clusterroles rolebindings roles",
        ["resource.k8s.io"] =
            "deviceclasses devicetaintrules podschedulingcontexts resourceclaims resourceclaimtemplates resourceclasses "
            + "resourcepoolstatusrequests resourceslices",
        ["scheduling.k8s.io"] = "podgroups priorityclasses workloads",
        ["storage.k8s.io"] = "csidrivers csinodes csistoragecapacities storageclasses volumeattachments volumeattributesclasses",
        ["storagemigration.k8s.io"] = "storageversionmigrations",
    };

    private static readonly FrozenDictionary<string, string> Groups =
        ByGroup.SelectMany(group => group.Value.Split(' ').Select(resource => KeyValuePair.Create(resource, group.Key)))
            .ToFrozenDictionary(StringComparer.Ordinal);

    // Built in, but stored as custom resources are.
    private static readonly GroupResource[] ByGroupInKeys = [Definitions, new("apiservices", "apiregistration.k8s.io")];

    /// <summary>Those of the core group.</summary>
    public static FrozenSet<string> Core { get; } = new[]
    {
        "configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods",
        "podtemplates", "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Names of all.</summary>
    public static IEnumerable<string> All => Core.Concat(Groups.Keys);

    /// <summary>What defines custom resources; each object has the name of the resource that it defines.</summary>
    public static GroupResource Definitions => new("customresourcedefinitions", "apiextensions.k8s.io");

    /// <summary>All with their groups.</summary>
    public static IEnumerable<GroupResource> AllOfGroups => All.Select(name => new GroupResource(name, GroupOf(name)!)).Concat(ByGroupInKeys);

    /// <summary>First segments of keys that are not the resource's plural.</summary>
    public static FrozenDictionary<string, string> Renamed { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["controllers"] = "replicationcontrollers",
        ["ingress"] = "ingresses",
        ["minions"] = "nodes",
        ["podsecuritypolicy"] = "podsecuritypolicies",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>First segments under which lies what has no REST API and is never encrypted.</summary>
    public static FrozenSet<string> Internal { get; } = new[] { "masterleases", "peerserverleases", "ranges" }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The group of a built-in resource: empty for the core group, null when there is no such resource.</summary>
    public static string? GroupOf(string resource) => Core.Contains(resource) ? "" : Groups.GetValueOrDefault(resource);

    /// <summary>True for a built-in resource, and for the wildcard of a group that has some.</summary>
    public static bool Has(GroupResource resource) => resource.IsWildcard
        ? resource == GroupResource.Everything || HasGroup(resource.Group) || ByGroupInKeys.Any(r => r.Group == resource.Group)
        : GroupOf(resource.Resource) == resource.Group || ByGroupInKeys.Contains(resource);

    /// <summary>True for a group whose resources lie in etcd without its name: the core group, and those that are built in.</summary>
    public static bool HasGroup(string group) => group.Length == 0 || ByGroup.ContainsKey(group);

    /// <summary>
    /// True for what a key without a group names when no built-in resource has that name: one of a newer release, most likely, whose group the key
    /// does not tell.
    /// </summary>
    public static bool IsUnknown(GroupResource resource) => resource.Group.Length == 0 && !Core.Contains(resource.Resource);
}
