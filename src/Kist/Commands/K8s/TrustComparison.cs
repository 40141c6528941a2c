using System.Text.Json.Nodes;
using Kist.Commands.Cli;

namespace Kist.Commands.K8s;

/// <summary>
/// Compares objects of a cluster with those that <c>k8s trust</c> wants. What somebody else has made under the same name must not get rights, nor be
/// taken for a reviewer; what only lacks an account gets it.
/// </summary>
internal static class TrustComparison
{
    /// <summary>The object as it is to be written in the place of what is present; null when it will do as it is.</summary>
    /// <exception cref="ExitException">It is another one.</exception>
    public static JsonObject? Mend(TrustObject wanted, JsonObject present)
    {
        switch (wanted.Resource.Kind)
        {
            case "Secret":
                Demand(wanted, present, "type");
                Demand(wanted, present, "metadata", "annotations", TrustPlan.AccountAnnotation);
                return null;
            case "ClusterRole":
                Demand(wanted, present, "aggregationRule");
                Demand(wanted, present, "rules");
                return null;
            case "ClusterRoleBinding":
                Demand(wanted, present, "roleRef");
                return WithSubjects(wanted, present);
            default:
                return null;
        }
    }

    private static void Demand(TrustObject wanted, JsonObject present, params string[] field)
    {
        var (ours, theirs) = (At(wanted.Json, field), At(present, field));
        if (!JsonNode.DeepEquals(ours, theirs))
        {
            throw ExitException.Failed(
                $"{wanted} is in the cluster already, but its {string.Join('.', field)} is {Text(theirs)} and not {Text(ours)}. "
                + "Nothing was changed: see who made it, and delete it to go on");
        }
    }

    /// <summary>Accounts that others have bound stay bound: another server of the cluster may have its reviewer here.</summary>
    private static JsonObject? WithSubjects(TrustObject wanted, JsonObject present)
    {
        var bound = (present["subjects"] as JsonArray)?.Select(Subject).ToHashSet() ?? [];
        var missing = wanted.Json["subjects"]!.AsArray().Where(s => !bound.Contains(Subject(s))).Select(static s => s!.DeepClone()).ToList();
        if (missing.Count == 0)
            return null;
        var mended = (JsonObject)present.DeepClone();
        if (mended["subjects"] is not JsonArray)
            mended["subjects"] = new JsonArray();
        foreach (var subject in missing)
            mended["subjects"]!.AsArray().Add(subject);
        return mended;
    }

    private static (string? Kind, string? Namespace, string? Name) Subject(JsonNode? subject) =>
        (subject?["kind"]?.ToString(), subject?["namespace"]?.ToString(), subject?["name"]?.ToString());

    private static JsonNode? At(JsonObject json, string[] field)
    {
        JsonNode? node = json;
        foreach (var name in field)
            node = (node as JsonObject)?[name];
        return node;
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "absent";
}
