using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Logins;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Tokens;

namespace Kist.Core.Tests.Nodes;

/// <summary>An auth method that lets in whoever knocks, as the role that stands at the door: what a real one does after it has made sure.</summary>
public sealed class KnockMethod : MountType
{
    private readonly RouteTable routes;

    public KnockMethod()
    {
        var map = new RouteMap(new KnockJson(FieldJson.Options()));
        map.Write<KnockRole, Nothing>("role/{name}", WriteAsync, "Write a role.");
        map.Delete<KnockName, Nothing>("role/{name}", DeleteAsync, "Delete a role.");
        map.Write<KnockName, Login>("login/{name}", LoginAsync, "Log in.").AllowUnauthenticated();
        routes = map.Build();
    }

    public override string Name => "knock";

    public override MountKind Kind => MountKind.Auth;

    public override string Description => "Lets in whoever knocks.";

    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    public override async ValueTask<Outcome<LoginTerms?>> RenewAsync(
        StorageView storage, TokenEntry token, string role, CancellationToken cancellationToken) =>
        await storage.ReadRecordAsync(role, KnockJson.Default.KnockStored, cancellationToken) is { Record: var stored }
            ? new LoginTerms(stored.Token, stored.More)
            : Failure.Invalid("knock.no_role", "the role is gone");

    private static async ValueTask<Outcome<Nothing>> WriteAsync(KnockRole request, RequestContext context, CancellationToken cancellationToken)
    {
        var settings = request.ApplyTo(new TokenSettings());
        if (!settings.Succeeded)
            return settings.Failure;
        var stored = new KnockStored { Token = settings.Value, More = request.More ?? [] };
        await context.Storage.Begin().Put(context.Storage, request.Name!, stored, KnockJson.Default.KnockStored).CommitAsync(cancellationToken);
        return default(Nothing);
    }

    private static async ValueTask<Outcome<Nothing>> DeleteAsync(KnockName request, RequestContext context, CancellationToken cancellationToken)
    {
        await context.Storage.Begin().Delete(context.Storage, request.Name!).CommitAsync(cancellationToken);
        return default(Nothing);
    }

    private static async ValueTask<Outcome<Login>> LoginAsync(KnockName request, RequestContext context, CancellationToken cancellationToken) =>
        await context.Storage.ReadRecordAsync(request.Name!, KnockJson.Default.KnockStored, cancellationToken) is { Record: var role }
            ? new Login
            {
                Alias = new LoginAlias(request.Name!),
                Role = request.Name!,
                Token = role.Token,
                Policies = role.More,
                DisplayName = request.Name!,
                Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = request.Name! },
            }
            : Failure.Denied;
}

public sealed record KnockName
{
    public string? Name { get; init; }
}

public sealed record KnockRole : TokenSettingsRequest
{
    public string? Name { get; init; }

    public IReadOnlyList<string>? More { get; init; }
}

public sealed record KnockStored
{
    public required TokenSettings Token { get; init; }

    public required IReadOnlyList<string> More { get; init; }
}

[JsonSerializable(typeof(KnockName))]
[JsonSerializable(typeof(KnockRole))]
[JsonSerializable(typeof(KnockStored))]
internal sealed partial class KnockJson : JsonSerializerContext;
