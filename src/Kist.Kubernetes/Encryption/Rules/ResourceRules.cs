namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>Lists that must not be empty.</summary>
internal sealed class RequiredListRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        var configuration = subject.Configuration;
        if (configuration.Rules.Count == 0)
            yield return Empty(configuration.Place, "resources", "add an entry with resources and providers");
        foreach (var rule in configuration.Rules)
        {
            var (resources, providers) = (rule.Place.Field("resources"), rule.Place.Field("providers"));
            if (rule.Resources.Count == 0)
                yield return Empty(resources, resources.Path, "name the resources: [secrets]");
            if (rule.Providers.Count == 0)
                yield return Empty(providers, providers.Path, "name the providers, the one that writes first");
            foreach (var keyed in rule.Providers.Where(p => p.Kms is null).Select(p => p.Keyed).OfType<KeyedProvider>().Where(k => k.Keys.Count == 0))
                yield return Empty(keyed.Place.Field("keys"), "keys", "add a key: head -c 32 /dev/urandom | base64");
        }
    }

    private static Finding Empty(Place place, string what, string fix) => Finding.Error(
        "required",
        place,
        $"Required value: at least one {what} is required",
        fix);
}

/// <summary>Names that cannot be encrypted or are written another way.</summary>
internal sealed class ResourceNameRule : ILintRule
{
    private static readonly string[] NoRestApi = ["apiserveripinfo", "serviceipallocations", "servicenodeportallocations"];

    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Configuration.Rules.SelectMany(rule => rule.Resources).Select(Check).OfType<Finding>();

    // The first fault counts, as it does for the API server.
    private static Finding? Check(ResourceName name) => name switch
    {
        _ when !string.Equals(name.Text.ToLowerInvariant(), name.Text, StringComparison.Ordinal) =>
            Bad("resource-capitals", name, "resource name should not contain capital letters", "write the plural in lower case"),
        { Text: "*" } => Bad(
            "resource-star",
            name,
            "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources",
            "write '*.' or '*.*', in quotes"),
        _ when NoRestApi.Contains(name.Text, StringComparer.Ordinal) =>
            Bad("resource-not-rest", name, "resources which do not have REST API/s cannot be encrypted", "remove it"),
        { Parsed.Group: "events.k8s.io" } => Bad(
            "resource-events",
            name,
            "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file",
            "write events"),
        { Parsed.Group: "extensions" } =>
            Bad(
                "resource-extensions",
                name,
                "'extensions' group has been removed and cannot be used for encryption",
                "write the group that has it now"),
        { Parsed: { Group: "*", IsWildcard: false } } => Bad(
            "resource-across-groups", name, "encrypting the same resource across groups is not supported", "name each group: deployments.apps"),
        _ => null,
    };

    private static Finding Bad(string rule, ResourceName name, string message, string fix) => Finding.Error(rule, name.Place, message, fix);
}

/// <summary>Names in one list that stand for the same resources.</summary>
internal sealed class ResourceOverlapRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        foreach (var rule in subject.Configuration.Rules)
        {
            var place = rule.Place.Field("resources");
            var names = rule.Resources.Select(r => r.Parsed).ToList();
            if (names.Distinct().Count() < names.Count)
                yield return Finding.Error("resource-duplicate", place, "the same resource cannot be specified multiple times", "name it once");
            if (Overlaps(names))
            {
                yield return Finding.Error(
                    "resource-overlap",
                    place,
                    "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
                    "keep the wildcard alone, or give the names an entry of their own above it");
            }
        }
    }

    private static bool Overlaps(List<GroupResource> names)
    {
        var distinct = names.Distinct().ToList();
        if (distinct.Count > 1 && distinct.Contains(GroupResource.Everything))
            return true;
        return distinct.GroupBy(n => n.Group, StringComparer.Ordinal).Any(group => group.Count() > 1 && group.Any(n => n.IsWildcard));
    }
}

/// <summary>Names that an earlier entry's wildcard takes away.</summary>
internal sealed class MaskedRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        var earlier = new HashSet<GroupResource>();
        foreach (var rule in subject.Configuration.Rules)
        {
            foreach (var name in rule.Resources)
            {
                if (Mask(name.Parsed, earlier) is { } mask)
                {
                    yield return Finding.Error(
                        "resource-masked",
                        name.Place,
                        $"resource \"{name.Parsed}\" is masked by earlier rule \"{mask}\"",
                        "move this entry above the wildcard's");
                }
            }
            // Within one list it is an overlap.
            earlier.UnionWith(rule.Resources.Select(r => r.Parsed).Where(r => r.IsWildcard));
        }
    }

    private static GroupResource? Mask(GroupResource name, HashSet<GroupResource> earlier)
    {
        if (earlier.Contains(name.WholeGroup))
            return name.WholeGroup;
        return earlier.Contains(GroupResource.Everything) ? GroupResource.Everything : null;
    }
}
