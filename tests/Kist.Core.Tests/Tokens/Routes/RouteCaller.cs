using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Tokens;
using Kist.Core.Wrapping;
using Kist.Crypto;

namespace Kist.Core.Tests.Tokens.Routes;

/// <summary>Calls the routes of a mount as the pipeline does, but without policies and audit.</summary>
internal sealed class RouteCaller
{
    private readonly TokenHost host;
    private readonly RouteTable routes;
    private readonly Mount mount;

    private RouteCaller(TokenHost host, string path, MountType type, RouteTable routes)
    {
        this.host = host;
        this.routes = routes;
        mount = new Mount { Id = 1, Path = path, Kind = type.Kind, Type = type, TypeName = type.Name, Accessor = "a" };
    }

    public static RouteCaller Of(TokenHost host, string path, MountType type) =>
        new(host, path, type, type.Routes(new Dictionary<string, string>()));

    /// <summary>Routes that belong to a larger engine.</summary>
    public static RouteCaller Of(TokenHost host, string path, MountType type, RouteTable routes) => new(host, path, type, routes);

    public Task<RouteAnswer> WriteAsync(SecretText? token, string path, string body = "", TimeSpan? wrapTtl = null) =>
        CallAsync(token, Operation.Update, path, body, wrapTtl);

    public Task<RouteAnswer> ReadAsync(SecretText? token, string path) => CallAsync(token, Operation.Read, path);

    public Task<RouteAnswer> ListAsync(SecretText? token, string path) => CallAsync(token, Operation.List, path);

    public Task<RouteAnswer> DeleteAsync(SecretText? token, string path) => CallAsync(token, Operation.Delete, path);

    public Route RouteOf(Operation operation, string path)
    {
        Assert.True(routes.TryMatch(path, operation, out var route, out _, out _), $"no route for {operation} {path}");
        return route;
    }

    private async Task<RouteAnswer> CallAsync(SecretText? token, Operation operation, string path, string body = "", TimeSpan? wrapTtl = null)
    {
        Assert.True(routes.TryMatch(path, operation, out var route, out var values, out _), $"no route for {operation} {path}");
        var authenticated = token is null ? default : await host.Tokens.AuthenticateAsync(token, IPAddress.Loopback, default);
        if (!authenticated.Succeeded && route.Access != Access.Unauthenticated)
            return new RouteAnswer(authenticated.Failure, null, null);
        var context = new RequestContext
        {
            Request = new Request
            {
                Id = "test",
                Path = mount.Path + path,
                Operation = operation,
                Token = token,
                Body = Encoding.UTF8.GetBytes(body),
                WrapTtl = wrapTtl,
            },
            Mount = mount,
            Storage = host.Barrier.ForMount(mount),
            Route = route,
            Parameters = values,
            // Nothing that is tested here issues secrets.
            Leases = null!,
            Token = token is not null && authenticated.Succeeded ? authenticated.Value : null,
        };
        var json = JsonBody.Check(context.Request.Body);
        Assert.Null(json.Failure);
        var outcome = await route.Invoker(context, FieldBinder.Bind(context, json.Value), default);
        return new RouteAnswer(outcome.Failure, outcome.Succeeded ? outcome.Value.Body : null, outcome.Succeeded ? JsonOf(outcome.Value) : null)
        {
            Warnings = context.Warnings,
            Index = context.Index,
        };
    }

    private static JsonNode? JsonOf(RouteResult result) =>
        result.Body is Nothing or IssuedToken or WrapInfo or Response ? null : JsonSerializer.SerializeToNode(result.Body, result.Type);
}

/// <summary>What a handler answered.</summary>
internal sealed record RouteAnswer(Failure? Failure, object? Body, JsonNode? Json)
{
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public long Index { get; init; }

    public IssuedToken Auth => Assert.IsType<IssuedToken>(Ok.Body);

    public SecretText Token => Auth.ClientToken;

    /// <summary>This, which must be a success.</summary>
    public RouteAnswer Ok
    {
        get
        {
            Assert.Null(Failure);
            return this;
        }
    }

    public override string ToString() => Failure?.ToString() ?? Json?.ToJsonString() ?? "success";

    public string? Code => Failure?.Code;

    public IReadOnlyList<string> Keys => [.. Ok.Json!["keys"]!.AsArray().Select(key => key!.GetValue<string>())];
}
