using Kist.Core;
using Kist.Wire.Kubernetes;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>An object that is to be written anew.</summary>
/// <param name="Resource">Its type.</param>
/// <param name="Namespace">Its namespace; empty for what lies in none.</param>
/// <param name="Name">Its name.</param>
public sealed record RewriteObject(KubeResource Resource, string Namespace, string Name)
{
    /// <summary>Where it stands in the order.</summary>
    public RewriteKey Key => new(Resource.QualifiedName, Namespace.Length == 0 ? Name : $"{Namespace}/{Name}");
}

/// <summary>
/// A place in the order in which objects are rewritten: by resource, then as their keys lie in etcd. Written as <c>secrets/default/name</c>.
/// </summary>
/// <param name="Resource">The resource's name: <c>secrets</c>, <c>widgets.example.org</c>.</param>
/// <param name="Path"><c>namespace/name</c>, or the name alone.</param>
public readonly record struct RewriteKey(string Resource, string Path)
{
    /// <summary>Reads a place.</summary>
    public static Outcome<RewriteKey> Parse(string text) => text.Split('/') switch
    {
        [{ Length: > 0 } resource, { Length: > 0 } name] => new RewriteKey(resource, name),
        [{ Length: > 0 } resource, { Length: > 0 } ns, { Length: > 0 } name] => new RewriteKey(resource, $"{ns}/{name}"),
        _ => Failure.Invalid("rewrite.place", $"\"{text}\" is no place in a rewrite, such as secrets/default/name"),
    };

    /// <summary>True when it stands behind another place.</summary>
    public bool IsBehind(RewriteKey other)
    {
        var byResource = string.CompareOrdinal(Resource, other.Resource);
        return byResource > 0 || (byResource == 0 && string.CompareOrdinal(Path, other.Path) > 0);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Resource}/{Path}";
}
