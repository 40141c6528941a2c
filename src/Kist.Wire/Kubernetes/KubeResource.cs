namespace Kist.Wire.Kubernetes;

/// <summary>A resource type as an API server offers it.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">The version, such as <c>v1</c>.</param>
/// <param name="Plural">The name in paths, such as <c>secrets</c>.</param>
/// <param name="IsNamespaced">Whether its objects lie in namespaces.</param>
public sealed record KubeResource(string Group, string Version, string Plural, bool IsNamespaced)
{
    /// <summary>The kind of its objects; empty when nobody asked.</summary>
    public string Kind { get; init; } = "";

    /// <summary>What can be done with it: <c>get</c>, <c>list</c>, <c>update</c> and so on; empty when nobody asked.</summary>
    public IReadOnlyList<string> Verbs { get; init; } = [];

    /// <summary><c>secrets</c> of the core group.</summary>
    public static KubeResource Secrets { get; } = new("", "v1", "secrets", true) { Kind = "Secret" };

    /// <summary><c>configmaps</c> of the core group.</summary>
    public static KubeResource ConfigMaps { get; } = new("", "v1", "configmaps", true) { Kind = "ConfigMap" };

    /// <summary><c>namespaces</c>.</summary>
    public static KubeResource Namespaces { get; } = new("", "v1", "namespaces", false) { Kind = "Namespace" };

    /// <summary><c>secrets</c>, <c>deployments.apps</c>.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The path of all its objects, or of those of one namespace.</summary>
    public string CollectionPath(string? ns)
    {
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        return string.IsNullOrEmpty(ns) ? $"{root}/{Plural}" : $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}";
    }

    /// <summary>The path of one object.</summary>
    /// <param name="ns">Its namespace; null or empty for what lies in none.</param>
    /// <param name="name">Its name.</param>
    /// <exception cref="ArgumentException">The name is empty, and the path that of all objects.</exception>
    public string ObjectPath(string? ns, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (IsNamespaced != !string.IsNullOrEmpty(ns))
            throw new ArgumentException(IsNamespaced ? $"{QualifiedName} lie in a namespace" : $"{QualifiedName} lie in no namespace", nameof(ns));
        return $"{CollectionPath(ns)}/{Uri.EscapeDataString(name)}";
    }
}
