using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Tokens;

namespace Kist.Core.Tests.Identity;

/// <summary>An auth method that believes what callers say of themselves: their name, metadata and groups.</summary>
public sealed class CallMethod : MountType
{
    private readonly RouteTable routes;

    public CallMethod()
    {
        var map = new RouteMap(new CallJson(FieldJson.Options()));
        map.Write<CallRequest, Login>("login", LoginAsync, "Log in.").AllowUnauthenticated();
        map.Write<CallRequest, Nothing>("renewal", WriteAsync, "Set the groups of renewals.");
        routes = map.Build();
    }

    public override string Name => "call";

    public override MountKind Kind => MountKind.Auth;

    public override string Description => "Believes callers.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    public override async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken) =>
        await storage.ReadRecordAsync("renewal", CallJson.Default.CallRequest, cancellationToken) is { Record: var stored }
            ? new LoginTerms(Settings(stored), []) { Groups = stored.Groups }
            : new Outcome<LoginTerms?>((LoginTerms?)null);

    private static async ValueTask<Outcome<Nothing>> WriteAsync(CallRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        await context.Storage.Begin().Put(context.Storage, "renewal", request, CallJson.Default.CallRequest).CommitAsync(cancellationToken);
        return default(Nothing);
    }

    private static ValueTask<Outcome<Login>> LoginAsync(CallRequest request, RequestContext context, CancellationToken cancellationToken) => new(new Login
    {
        Alias = request.Name is null ? null : new LoginAlias(request.Name)
        {
            Metadata = request.Metadata ?? new Dictionary<string, string>(StringComparer.Ordinal),
        },
        Role = "all",
        Token = Settings(request),
        Groups = request.Groups ?? [],
    });

    private static TokenSettings Settings(CallRequest request) => new()
    {
        TokenType = request.Batch == true ? "batch" : "service",
        TokenPolicies = request.Policies ?? [],
        TokenBoundCidrs = request.Cidrs ?? [],
    };
}

public sealed record CallRequest
{
    public string? Name { get; init; }

    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public IReadOnlyList<string>? Policies { get; init; }

    public bool? Batch { get; init; }

    public IReadOnlyList<string>? Cidrs { get; init; }
}

[JsonSerializable(typeof(CallRequest))]
internal sealed partial class CallJson : JsonSerializerContext;
