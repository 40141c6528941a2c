using System.ComponentModel;
using Kist.Core.Pipeline;
using Kist.Core.Policies;
using Kist.Core.Routing;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>Asks what a token may do.</summary>
public sealed record CapabilitiesRequest
{
    /// <summary>The token.</summary>
    [Description("The token to ask about.")]
    public SecretText? Token { get; set; }

    /// <summary>The token's accessor.</summary>
    [Description("Accessor of the token to ask about.")]
    public string Accessor { get; set; } = "";

    /// <summary>The paths.</summary>
    [Description("The paths to ask about.")]
    public IReadOnlyList<string> Paths { get; set; } = [];

    /// <summary>The same, under its older name.</summary>
    [Description("The same as \"paths\", for older clients.")]
    public IReadOnlyList<string> Path { get; set; } = [];

    internal IReadOnlyList<string> AllPaths => Paths.Count > 0 ? Paths : Path;
}

/// <summary><c>sys/capabilities</c>, <c>-self</c> and <c>-accessor</c>.</summary>
internal sealed class CapabilityRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Write<CapabilitiesRequest, Dictionary<string, IReadOnlyList<string>>>(
                "capabilities", OfTokenAsync, "Tell what a token may do on paths now, from the caller's address.")
            .Answers(ResponseShape.AlsoAtTop);
        map.Write<CapabilitiesRequest, Dictionary<string, IReadOnlyList<string>>>("capabilities-self", OfSelf, "Tell what the calling token may do on paths.")
            .Answers(ResponseShape.AlsoAtTop);
        map.Write<CapabilitiesRequest, Dictionary<string, IReadOnlyList<string>>>(
                "capabilities-accessor", OfAccessorAsync, "Tell what the token with an accessor may do on paths now, from the caller's address.")
            .Answers(ResponseShape.AlsoAtTop);
    }

    private async ValueTask<Outcome<Dictionary<string, IReadOnlyList<string>>>> OfTokenAsync(
        CapabilitiesRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Token is null || await node.Tokens.FindAsync(request.Token, ct) is not { } token)
            return Failure.Invalid("capabilities.token", "field \"token\": no such token");
        return Of(await node.Tokens.AclOfAsync(token, ct), request, context);
    }

    private async ValueTask<Outcome<Dictionary<string, IReadOnlyList<string>>>> OfAccessorAsync(
        CapabilitiesRequest request, RequestContext context, CancellationToken ct)
    {
        if (await node.Tokens.FindByAccessorAsync(context.Request.Namespace, request.Accessor, ct) is not { } token)
            return Failure.Invalid("capabilities.accessor", "field \"accessor\": no token has it");
        return Of(await node.Tokens.AclOfAsync(token, ct), request, context);
    }

    private ValueTask<Outcome<Dictionary<string, IReadOnlyList<string>>>> OfSelf(
        CapabilitiesRequest request, RequestContext context, CancellationToken ct) => new(Of(context.Token!.Acl, request, context));

    private Outcome<Dictionary<string, IReadOnlyList<string>>> Of(Acl acl, CapabilitiesRequest request, RequestContext context)
    {
        var paths = request.AllPaths;
        if (paths.Count == 0)
            return Failure.Invalid("capabilities.paths", "field \"paths\" is required");
        var now = node.Time.GetUtcNow();
        var capabilities = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var path in paths)
            capabilities[path] = acl.Capabilities(path.TrimStart('/'), context.Request.ClientAddress, now);
        if (paths.Count == 1)
            capabilities["capabilities"] = capabilities[paths[0]];
        return capabilities;
    }
}
