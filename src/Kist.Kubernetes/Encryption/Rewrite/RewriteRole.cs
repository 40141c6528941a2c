using System.Text;

namespace Kist.Kubernetes.Encryption.Rewrite;

/// <summary>The least rights with which a rewrite works.</summary>
public static class RewriteRole
{
    /// <summary>A ClusterRole, as YAML.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="resources">What is to be rewritten.</param>
    public static string Render(string name, IReadOnlyList<GroupResource> resources)
    {
        var text = new StringBuilder($"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: {name}
            rules:

            """);
        foreach (var group in resources.GroupBy(r => r.Group, StringComparer.Ordinal))
        {
            var names = group.Any(r => r.IsWildcard)
                ? ["*"]
                : group.Select(r => r.Resource).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
            text.Append($"""
                - apiGroups: ["{group.Key}"]
                  resources: [{string.Join(", ", names.Select(n => $"\"{n}\""))}]
                  verbs: ["get", "list", "update"]

                """);
        }
        if (resources.Any(r => !r.IsWildcard ? BuiltinResources.GroupOf(r.Resource) != r.Group : r.Group.Length > 0))
        {
            // To learn in which version a custom resource is stored.
            text.Append("""
                - apiGroups: ["apiextensions.k8s.io"]
                  resources: ["customresourcedefinitions"]
                  verbs: ["get"]

                """);
        }
        return text.ToString();
    }
}
