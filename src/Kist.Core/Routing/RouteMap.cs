using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Pipeline;

namespace Kist.Core.Routing;

internal delegate ValueTask<Outcome<RouteResult>> RouteInvoker(RequestContext context, ReadOnlyMemory<byte> fields, CancellationToken cancellationToken);

internal readonly record struct RouteResult(object? Body, JsonTypeInfo Type);

/// <summary>Collects an engine's routes. From them come dispatch, validation, help, OpenAPI and the reference.</summary>
public sealed class RouteMap
{
    private readonly List<Route> routes = [];
    private readonly JsonSerializerContext json;

    /// <summary>
    /// <paramref name="json"/> knows every request and response record of the routes and was made with <see cref="Fields.FieldJson.Options"/>.
    /// </summary>
    public RouteMap(JsonSerializerContext json) => this.json = json;

    /// <summary>GET.</summary>
    public Route Read<TRequest, TResponse>(string template, Handler<TRequest, TResponse> handler, string summary) =>
        Add(template, Operation.Read, handler, summary);

    /// <summary>POST and PUT: creates and updates.</summary>
    public Route Write<TRequest, TResponse>(string template, Handler<TRequest, TResponse> handler, string summary) =>
        Add(template, Operation.Update, handler, summary);

    /// <summary>PATCH.</summary>
    public Route Patch<TRequest, TResponse>(string template, Handler<TRequest, TResponse> handler, string summary) =>
        Add(template, Operation.Patch, handler, summary);

    /// <summary>DELETE.</summary>
    public Route Delete<TRequest, TResponse>(string template, Handler<TRequest, TResponse> handler, string summary) =>
        Add(template, Operation.Delete, handler, summary);

    /// <summary>LIST, or GET with <c>list=true</c>.</summary>
    public Route List<TRequest, TResponse>(string template, Handler<TRequest, TResponse> handler, string summary) =>
        Add(template, Operation.List, handler, summary);

    /// <summary>SCAN, or GET with <c>scan=true</c>.</summary>
    public Route Scan<TRequest, TResponse>(string template, Handler<TRequest, TResponse> handler, string summary) =>
        Add(template, Operation.Scan, handler, summary);

    /// <summary>The finished table.</summary>
    /// <exception cref="InvalidOperationException">Two routes serve the same paths and operation.</exception>
    public RouteTable Build() => new(routes);

    private Route Add<TRequest, TResponse>(string template, Operation operation, Handler<TRequest, TResponse> handler, string summary)
    {
        var request = (JsonTypeInfo<TRequest>)TypeInfo(typeof(TRequest));
        var response = TypeInfo(typeof(TResponse));
        var route = new Route(template, operation, summary, request, response, InvokeAsync) { AnswersNothing = typeof(TResponse) == typeof(Nothing) };
        routes.Add(route);
        return route;

        async ValueTask<Outcome<RouteResult>> InvokeAsync(RequestContext context, ReadOnlyMemory<byte> fields, CancellationToken cancellationToken)
        {
            var bound = fields.IsEmpty ? new Outcome<TRequest>(default(TRequest)!) : Fields.FieldJson.Read(fields, request);
            // The record has what it needs of them, and they are this request's own.
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(fields).Span);
            if (!bound.Succeeded)
                return bound.Failure;
            var outcome = await handler(bound.Value, context, cancellationToken);
            return outcome.Succeeded ? new RouteResult(outcome.Value, response) : outcome.Failure;
        }
    }

    private JsonTypeInfo TypeInfo(Type type) =>
        ResponseBuilder.IsOwnResult(type) ? NothingJson.Default.Nothing
        : json.GetTypeInfo(type) ?? throw new InvalidOperationException($"{json.GetType().Name} lacks [JsonSerializable(typeof({type.Name}))]");
}

[JsonSerializable(typeof(Nothing))]
internal sealed partial class NothingJson : JsonSerializerContext;
