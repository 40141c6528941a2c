using System.Text;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

/// <summary>The text of <c>?help=1</c> and <c>kist path-help</c>.</summary>
internal static class RouteHelp
{
    /// <summary>Help for one path of a mount; for a path that no route matches, and for the mount itself, all its routes.</summary>
    public static string Of(Mount mount, string relativePath)
    {
        var text = new StringBuilder();
        var routes = mount.Routes.Routes.Where(r => Matches(mount, r, relativePath)).ToList();
        if (routes.Count == 0 || relativePath.Length == 0)
            return Overview(mount);
        text.Append("Request:        ").AppendLine(relativePath);
        text.Append("Matching Route: ").AppendLine(mount.Path + routes[0].Template).AppendLine();
        foreach (var route in routes)
        {
            text.Append(Verb(route.Operation)).Append("  ").Append(route.Summary);
            _ = route.Access switch
            {
                Access.Sudo => text.Append(" (needs sudo)"),
                Access.Unauthenticated => text.Append(" (needs no token)"),
                _ => text,
            };
            text.AppendLine();
            foreach (var field in route.Fields.Values)
            {
                text.Append("    ").Append(field.Name).Append(" (").Append(field.Type).Append(')');
                if (field.Description.Length > 0)
                    text.Append(": ").Append(field.Description);
                text.AppendLine();
            }
        }
        return text.ToString();
    }

    /// <summary>The HTTP verb as people write it.</summary>
    public static string Verb(Operation operation) => operation switch
    {
        Operation.Read => "GET   ",
        Operation.Delete => "DELETE",
        Operation.Patch => "PATCH ",
        Operation.List => "LIST  ",
        Operation.Scan => "SCAN  ",
        _ => "POST  ",
    };

    private static string Overview(Mount mount)
    {
        var text = new StringBuilder();
        text.Append(mount.Path).Append(" (").Append(mount.TypeName).AppendLine(")").AppendLine(mount.Type.Description).AppendLine();
        foreach (var route in mount.Routes.Routes.OrderBy(r => r.Template, StringComparer.Ordinal).ThenBy(r => r.Operation))
            text.Append("  ").Append(Verb(route.Operation)).Append("  ").Append(mount.Path).Append(route.Template).Append("  ").AppendLine(route.Summary);
        return text.ToString();
    }

    private static bool Matches(Mount mount, Route route, string path) =>
        mount.Routes.TryMatch(path, route.Operation, out var match, out _, out _) && ReferenceEquals(match, route);
}
