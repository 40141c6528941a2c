using System.Buffers;
using System.Text.Json;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

/// <summary>The OpenAPI 3.0 description of all mounted routes (<c>sys/internal/specs/openapi</c>), made from their declarations.</summary>
internal static class OpenApiDocument
{
    public static ReadOnlyMemory<byte> Render(IEnumerable<Mount> mounts, string version)
    {
        var buffer = new ArrayBufferWriter<byte>(64 * 1024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteString("openapi", "3.0.2");
        writer.WriteStartObject("info");
        writer.WriteString("title", "Kist HTTP API");
        writer.WriteString("description", "Every route that this server has mounted. All paths are below /v1.");
        writer.WriteString("version", version);
        writer.WriteStartObject("license");
        writer.WriteString("name", "Apache-2.0");
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartObject("paths");
        foreach (var mount in mounts)
        {
            foreach (var template in mount.Routes.Routes.GroupBy(r => r.Template, StringComparer.Ordinal))
                WritePath(writer, mount, template.Key, [.. template]);
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void WritePath(Utf8JsonWriter writer, Mount mount, string template, IReadOnlyList<Route> routes)
    {
        writer.WriteStartObject("/" + (mount.Path + template.Replace("**}", "}", StringComparison.Ordinal)).TrimEnd('/'));
        var parameters = ParametersOf(template);
        if (parameters.Count > 0)
        {
            writer.WriteStartArray("parameters");
            foreach (var name in parameters)
                WriteParameter(writer, name, "path", required: true, description: "");
            writer.WriteEndArray();
        }
        // OpenAPI has no LIST; Vault describes it as a GET with ?list=true.
        foreach (var verb in routes.GroupBy(r => VerbOf(r.Operation), StringComparer.Ordinal))
            WriteOperation(writer, mount, verb.Key, [.. verb], parameters);
        writer.WriteEndObject();
    }

    private static void WriteOperation(Utf8JsonWriter writer, Mount mount, string verb, IReadOnlyList<Route> routes, IReadOnlyList<string> pathParameters)
    {
        var route = routes[0];
        writer.WriteStartObject(verb);
        writer.WriteString("summary", string.Join(" ", routes.Select(r => r.Summary)));
        writer.WriteString("operationId", $"{mount.TypeName}-{verb}-{route.Template.Replace("**}", "}", StringComparison.Ordinal)}");
        writer.WriteStartArray("tags");
        writer.WriteStringValue(Tag(mount));
        writer.WriteEndArray();
        if (routes.Any(r => r.Access == Access.Sudo))
            writer.WriteBoolean("x-vault-sudo", true);
        if (routes.Any(r => r.Access == Access.Unauthenticated))
            writer.WriteBoolean("x-vault-unauthenticated", true);
        var fields = routes.SelectMany(r => r.Fields.Values).DistinctBy(f => f.Name)
            .Where(f => !pathParameters.Contains(f.Name, StringComparer.Ordinal)).ToList();
        if (verb is "get" or "delete")
            WriteQuery(writer, routes, fields);
        else if (fields.Count > 0)
            WriteBody(writer, fields);
        writer.WriteStartObject("responses");
        writer.WriteStartObject(route.AnswersNothing ? "204" : "200");
        writer.WriteString("description", route.AnswersNothing ? "Done" : "OK");
        if (route.ResponseFields.Count > 0)
            WriteContent(writer, route.ResponseFields.Values);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteQuery(Utf8JsonWriter writer, IReadOnlyList<Route> routes, List<RouteField> fields)
    {
        var lists = routes.Where(r => r.Operation is Operation.List or Operation.Scan).ToList();
        if (fields.Count + lists.Count == 0)
            return;
        writer.WriteStartArray("parameters");
        foreach (var route in lists)
            WriteParameter(writer, VerbWord(route.Operation), "query", required: lists.Count == routes.Count && lists.Count == 1, "Must be true for this operation.");
        foreach (var field in fields)
            WriteParameter(writer, field.Name, "query", field.Required, field.Description);
        writer.WriteEndArray();
    }

    private static void WriteBody(Utf8JsonWriter writer, IEnumerable<RouteField> fields)
    {
        writer.WriteStartObject("requestBody");
        WriteContent(writer, fields);
        writer.WriteEndObject();
    }

    private static void WriteContent(Utf8JsonWriter writer, IEnumerable<RouteField> fields)
    {
        writer.WriteStartObject("content");
        writer.WriteStartObject("application/json");
        writer.WriteStartObject("schema");
        writer.WriteString("type", "object");
        writer.WriteStartObject("properties");
        foreach (var field in fields)
        {
            writer.WriteStartObject(field.Name);
            WriteType(writer, field.OpenApiType, field.OpenApiItems);
            if (field.Description.Length > 0)
                writer.WriteString("description", field.Description);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteParameter(Utf8JsonWriter writer, string name, string place, bool required, string description)
    {
        writer.WriteStartObject();
        writer.WriteString("name", name);
        writer.WriteString("in", place);
        if (description.Length > 0)
            writer.WriteString("description", description);
        writer.WriteBoolean("required", required);
        writer.WriteStartObject("schema");
        writer.WriteString("type", "string");
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteType(Utf8JsonWriter writer, string type, string items)
    {
        writer.WriteString("type", type);
        if (type != "array")
            return;
        writer.WriteStartObject("items");
        writer.WriteString("type", items);
        writer.WriteEndObject();
    }

    private static List<string> ParametersOf(string template) =>
        [.. template.Split('/').Where(s => s.StartsWith('{')).Select(s => s.Trim('{', '}', '*'))];

    private static string Tag(Mount mount)
    {
        if (mount.Kind == MountKind.Auth)
            return "auth";
        return mount.BuiltIn ? "system" : "secrets";
    }

    private static string VerbOf(Operation operation) => operation switch
    {
        Operation.Read or Operation.List or Operation.Scan => "get",
        Operation.Delete => "delete",
        Operation.Patch => "patch",
        _ => "post",
    };

    private static string VerbWord(Operation operation) => operation == Operation.Scan ? "scan" : "list";
}
