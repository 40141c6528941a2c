using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Core;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;

namespace Kist.Engines.Tests;

/// <summary>A request to a mount that passes routing, binding and the existence check, without tokens, policies and audit.</summary>
/// <param name="Mount">The mount.</param>
/// <param name="Storage">Its storage.</param>
internal sealed record EngineCall(Mount Mount, StorageView Storage)
{
    /// <summary>Answers a request; the path may have a query.</summary>
    public async Task<(RequestContext Context, Outcome<JsonNode?> Answer)> SendAsync(Operation operation, string path, string? json)
    {
        var context = Context(operation, path, json);
        var body = JsonBody.Check(context.Request.Body);
        if (!body.Succeeded)
            return (context, body.Failure);
        if (operation == Operation.Update && context.Route.Exists is { } exists)
            context.Request.Operation = await exists(context, default) ? Operation.Update : Operation.Create;
        var fields = FieldBinder.Bind(context, body.Value);
        var outcome = await context.Route.Invoker(context, fields, default);
        // They may have held secrets, and the request record has what it needs.
        Assert.False(fields.Span.ContainsAnyExcept((byte)0));
        if (!outcome.Succeeded)
            return (context, outcome.Failure);
        var (answer, type) = outcome.Value;
        return (context, new Outcome<JsonNode?>(answer is Nothing ? null : JsonNode.Parse(JsonSerializer.SerializeToUtf8Bytes(answer, type))));
    }

    private static List<KeyValuePair<string, string>> Query(string query) =>
        query.Length == 0 ? [] : [.. query.Split('&').Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1]))];

    private RequestContext Context(Operation operation, string pathAndQuery, string? json)
    {
        var parts = pathAndQuery.Split('?');
        var found = Mount.Routes.TryMatch(parts[0], operation, out var route, out var values, out _);
        Assert.True(found, $"no route for {operation} {pathAndQuery}");
        return new RequestContext
        {
            Request = new Request
            {
                Id = "test",
                Path = Mount.Path + parts[0],
                Operation = operation,
                Query = Query(parts.Length == 1 ? "" : parts[1]),
                Body = Encoding.UTF8.GetBytes(json ?? ""),
            },
            Mount = Mount,
            Storage = Storage,
            Route = route!,
            Parameters = values,
            // Nothing that is tested here issues secrets.
            Leases = null!,
        };
    }
}
