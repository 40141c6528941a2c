using System.Text;
using Kist.Kubernetes.AtRest.Objects;

namespace Kist.Kubernetes.AtRest;

/// <summary>A key in etcd, which is never encrypted: what lies under it.</summary>
/// <param name="Resource">Name and group, also where the key does not hold them.</param>
/// <param name="Namespace">Empty for what has none.</param>
/// <param name="Name">The object's name.</param>
public sealed record StorageKey(GroupResource Resource, string Namespace, string Name)
{
    /// <summary>The API server's default for <c>--etcd-prefix</c>.</summary>
    public const string DefaultPrefix = "/registry";

    // The kinds that hold secrets lie under one resource each, in one version. Of other resources, the kind depends on the release.
    private static readonly (GroupResource Resource, string Kind)[] KeptKinds =
        [(new("secrets", ""), "Secret"), (new("configmaps", ""), "ConfigMap")];

    /// <summary>False for what the API server keeps for itself and never encrypts.</summary>
    public bool HasRestApi { get; init; } = true;

    /// <summary>Reads a key; null when it is no object's.</summary>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>, with or without a slash at the end.</param>
    /// <param name="key">The full key.</param>
    public static StorageKey? Parse(string prefix, ReadOnlySpan<byte> key)
    {
        var start = prefix.TrimEnd('/') + "/";
        var text = Encoding.UTF8.GetString(key);
        if (!text.StartsWith(start, StringComparison.Ordinal))
            return null;
        var segments = text[start.Length..].Split('/');
        if (segments.Any(s => s.Length == 0))
            return null;
        return segments switch
        {
            ["services", "endpoints", .. var rest] => Object("endpoints", "", rest),
            ["services", "specs", .. var rest] => Object("services", "", rest),
            [var first, ..] when BuiltinResources.Internal.Contains(first) =>
                new StorageKey(new GroupResource(first, ""), "", string.Join('/', segments[1..])) { HasRestApi = false },
            // Built-in groups do not stand in keys, but for the two that extend the API itself; these look like custom resources.
            [var group, var resource, .. var rest] when group.Contains('.', StringComparison.Ordinal) => Object(resource, group, rest),
            [var first, .. var rest] => Builtin(BuiltinResources.Renamed.GetValueOrDefault(first, first), rest),
            _ => null,
        };
    }

    /// <summary>
    /// The resource under whose place in etcd a key lies, be the key an object's or not: the API server's LIST decodes all that lies there. Null when
    /// it lies under none's, or where the API server keeps what it never encrypts.
    /// </summary>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>, with or without a slash at the end.</param>
    /// <param name="key">The full key.</param>
    public static GroupResource? PlaceOf(string prefix, ReadOnlySpan<byte> key)
    {
        var start = prefix.TrimEnd('/') + "/";
        var text = Encoding.UTF8.GetString(key);
        if (!text.StartsWith(start, StringComparison.Ordinal))
            return null;
        return text[start.Length..].Split('/') switch
        {
            ["services", "endpoints", _, ..] => new GroupResource("endpoints", ""),
            ["services", "specs", _, ..] => new GroupResource("services", ""),
            ["" or "services", ..] => null,
            [var first, ..] when BuiltinResources.Internal.Contains(first) => null,
            [var group, var resource, _, ..] when group.Contains('.', StringComparison.Ordinal) => new GroupResource(resource, group),
            [var first, _, ..] when !first.Contains('.', StringComparison.Ordinal) => Builtin(BuiltinResources.Renamed.GetValueOrDefault(first, first)),
            _ => null,
        };
    }

    /// <summary>
    /// False when the object says that it is another one: the value was copied from that one's key, which aescbc and secretbox do not notice. Of
    /// resources that are built in, the kind is compared, too: a ConfigMap may have the name of a Secret. What the API server keeps for itself has
    /// no names and is always what it should be.
    /// </summary>
    public bool Names(StoredObject value) =>
        !HasRestApi
        || (string.Equals(Name, value.Name, StringComparison.Ordinal)
            && string.Equals(Namespace, value.Namespace, StringComparison.Ordinal)
            && KeptKinds.All(kept => (Resource == kept.Resource) == ((value.ApiVersion, value.Kind) == ("v1", kept.Kind)))
            && (value.Kind.Length == 0 || BuiltinResources.GroupOf(Resource.Resource) != Resource.Group || IsPluralOf(Resource.Resource, value.Kind)));

    /// <summary>The start of all keys of a resource.</summary>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>, with or without a slash at the end.</param>
    /// <param name="resource">No wildcard.</param>
    public static byte[] PrefixOf(string prefix, GroupResource resource)
    {
        var builtin = BuiltinResources.GroupOf(resource.Resource) == resource.Group;
        var path = resource switch
        {
            ("endpoints" or "services", "") => $"services/{(resource.Resource is "services" ? "specs" : "endpoints")}",
            _ when builtin => BuiltinResources.Renamed.FirstOrDefault(r => r.Value == resource.Resource).Key ?? resource.Resource,
            (var name, "") => name,
            var (name, group) => $"{group}/{name}",
        };
        return Encoding.UTF8.GetBytes($"{prefix.TrimEnd('/')}/{path}/");
    }

    /// <summary>
    /// Where a resource's keys begin if it is built into a release that is newer than this program: its group does not stand there. Null when it
    /// cannot be one, or when something else lies in that place.
    /// </summary>
    /// <param name="prefix">The API server's <c>--etcd-prefix</c>, with or without a slash at the end.</param>
    /// <param name="resource">No wildcard.</param>
    public static byte[]? NewerPlaceOf(string prefix, GroupResource resource) =>
        resource.Group.Length == 0
        || BuiltinResources.GroupOf(resource.Resource) is not null
        || BuiltinResources.Internal.Contains(resource.Resource)
        || BuiltinResources.Renamed.ContainsKey(resource.Resource)
            ? null
            : PrefixOf(prefix, resource with { Group = "" });

    private static bool IsPluralOf(string resource, string kind)
    {
        var word = kind.ToLowerInvariant();
        return resource == word || resource == word + "s" || resource == word + "es" || (word.EndsWith('y') && resource == word[..^1] + "ies");
    }

    private static GroupResource Builtin(string resource) => new(resource, BuiltinResources.GroupOf(resource) ?? "");

    private static StorageKey? Builtin(string resource, string[] rest) => Object(resource, Builtin(resource).Group, rest);

    private static StorageKey? Object(string resource, string group, string[] rest) => rest switch
    {
        [var name] => new StorageKey(new GroupResource(resource, group), "", name),
        [var ns, var name] => new StorageKey(new GroupResource(resource, group), ns, name),
        _ => null,
    };
}
