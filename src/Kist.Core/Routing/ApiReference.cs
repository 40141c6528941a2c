using System.Text;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

/// <summary>A table of routes at the path where it usually stands.</summary>
/// <param name="Title">For the heading: <c>kv version 2</c>.</param>
/// <param name="Path">With trailing slash: <c>secret/</c>.</param>
/// <param name="Description">One sentence.</param>
/// <param name="Routes">As declared.</param>
public sealed record ApiSection(string Title, string Path, string Description, IReadOnlyList<Route> Routes)
{
    /// <summary>The sections of what every server has: <c>sys/</c>, <c>auth/token/</c> and <c>cubbyhole/</c>.</summary>
    public static IReadOnlyList<ApiSection> OfBuiltIn(Node node) =>
        [.. node.BuiltIn.Select(b => Of(b.Path.TrimEnd('/'), b.Path, b.Type, new Dictionary<string, string>(StringComparer.Ordinal)))];

    /// <summary>The section of an engine or method as mounted with <paramref name="options"/>.</summary>
    public static ApiSection Of(string title, string path, MountType type, IReadOnlyDictionary<string, string> options) =>
        new(title, path, type.Description, type.Routes(options).Routes);
}

/// <summary>Writes <c>docs/reference/api.md</c> from the routes' declarations. A test fails when the page is stale.</summary>
public static class ApiReference
{
    private const string Head = """
        # HTTP API reference

        Made from the program's own route declarations; do not edit by hand. A running server describes itself the same way: `kist path-help PATH`
        and `GET /v1/sys/internal/specs/openapi`.

        All paths are below `/v1/`. `{name}` stands for one segment, `{name**}` for one or more. The token goes into `X-Vault-Token`, or
        `Authorization: Bearer`. `POST` and `PUT` are the same; `LIST` is also `GET` with `?list=true`, `SCAN` also `GET` with `?scan=true`.
        `X-Vault-Wrap-TTL` asks for a wrapped answer. Fields come from the path, the JSON body or the query; the first of them wins. Numbers,
        booleans and durations may be given as strings, lists as `a,b`; durations are `90s`, `1h30m` or seconds, and answered in seconds. A field
        that a route does not know is ignored; for one in a body the answer has a warning. A body is one JSON object of at most 32 MiB, 64 levels,
        65,536 members an object and 1,000,000 names and values in all.

        A failure answers `{"errors": ["…"]}`. *Enveloped* answers hold their fields under `data`; *bare* ones are the fields alone; those
        *also at the top* have them in both places.

        """;

    /// <summary>The page.</summary>
    public static string Render(IReadOnlyList<ApiSection> sections)
    {
        var text = new StringBuilder(Head);
        foreach (var section in sections)
        {
            text.Append($"\n## {section.Title}\n\n{section.Description}\n\n| Method | Path | Does | Access |\n|---|---|---|---|\n");
            foreach (var route in Ordered(section))
                text.Append($"| {Verb(route)} | `{section.Path}{route.Template}` | {Cell(route.Summary)} | {AccessOf(route)} |\n");
            foreach (var route in Ordered(section).Where(HasDetails))
                Details(text, section, route);
        }
        return text.ToString();
    }

    /// <summary>What a review must see of a route, as <c>sys/init POST: no token, works sealed</c>. Empty for an ordinary route.</summary>
    public static string Exception(ApiSection section, Route route) => (route.Access, route.WorksSealed, route.IsIrreplaceable) switch
    {
        (Access.Authorized, false, false) => "",
        (_, _, true) => $"{section.Path}{route.Template} {Verb(route)}: {AccessOf(route)}, answers even without a response record",
        _ => $"{section.Path}{route.Template} {Verb(route)}: {AccessOf(route)}",
    };

    private static IEnumerable<Route> Ordered(ApiSection section) =>
        section.Routes.OrderBy(r => r.Template, StringComparer.Ordinal).ThenBy(r => r.Operation);

    private static bool HasDetails(Route route) => route.Fields.Count + route.ResponseFields.Count > 0 || route.FreeBody;

    private static void Details(StringBuilder text, ApiSection section, Route route)
    {
        text.Append($"\n### {Verb(route)} {section.Path}{route.Template}\n\n{route.Summary}\n");
        if (route.FreeBody)
            text.Append("\nThe body is your own JSON object.\n");
        else if (route.Fields.Count > 0)
            Fields(text, route);
        if (route.ResponseFields.Count > 0)
            text.Append($"\nAnswers, {ShapeOf(route.Shape)}: {string.Join(", ", route.ResponseFields.Values.Select(f => $"`{f.Name}` ({f.Type})"))}.\n");
    }

    private static void Fields(StringBuilder text, Route route)
    {
        text.Append("\n| Field | Type | Meaning |\n|---|---|---|\n");
        foreach (var field in route.Fields.Values)
            text.Append($"| `{field.Name}`{Place(route, field)} | {field.Type} | {Cell(field.Description)} |\n");
    }

    private static string Place(Route route, RouteField field)
    {
        if (route.Template.Split('/').Any(s => s == $"{{{field.Name}}}" || s == $"{{{field.Name}**}}"))
            return " (in the path)";
        return field.Required ? " (required)" : "";
    }

    private static string AccessOf(Route route)
    {
        var access = route.Access switch
        {
            Access.Sudo => "needs sudo",
            Access.Unauthenticated => "no token",
            _ => "token",
        };
        return route.WorksSealed ? access + ", works sealed" : access;
    }

    private static string ShapeOf(ResponseShape shape) => shape switch
    {
        ResponseShape.Bare => "bare",
        ResponseShape.AlsoAtTop => "also at the top",
        _ => "enveloped",
    };

    private static string Verb(Route route) => RouteHelp.Verb(route.Operation).TrimEnd();

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
