using System.Text.Json.Serialization;
using Kist.Core.Barrier;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Routing.Fields;
using Kist.Core.Storage;
using Kist.Core.Tokens;

namespace Kist.Core.Cubbyhole;

/// <summary>
/// The engine <c>cubbyhole</c>, built in at <c>cubbyhole/</c>: secrets of one token that no other token reaches, not even root. They lie beside the
/// token and are destroyed with it.
/// </summary>
public sealed class CubbyholeMountType : MountType
{
    private const int Attempts = 16;

    private readonly TokenStore tokens;
    private readonly RouteTable routes;

    /// <summary>Over the token store.</summary>
    public CubbyholeMountType(TokenStore tokens)
    {
        this.tokens = tokens;
        var map = new RouteMap(new CubbyholeJson(FieldJson.Options()));
        map.Read<Nothing, RawJson>("{path**}", ReadAsync, "Read a secret of the caller's token.");
        map.Write<Nothing, Nothing>("{path**}", WriteAsync, "Write a secret of the caller's token.").TakesFreeBody().CreatesUnless(ExistsAsync);
        map.Delete<Nothing, Nothing>("{path**}", DeleteAsync, "Delete a secret of the caller's token.");
        map.List<Nothing, CubbyholeKeys>("{path**}", ListAsync, "List secrets of the caller's token.");
        routes = map.Build();
    }

    /// <inheritdoc/>
    public override string Name => "cubbyhole";

    /// <inheritdoc/>
    public override MountKind Kind => MountKind.Secrets;

    /// <inheritdoc/>
    public override string Description => "Per-token private secret storage.";

    /// <inheritdoc/>
    public override bool IsBuiltIn => true;

    /// <inheritdoc/>
    public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => routes;

    private async ValueTask<Outcome<RawJson>> ReadAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        if (Refuse(context) is { } refused)
            return refused;
        return await Secrets(context).ReadAsync(context.Parameters["path"], cancellationToken) is { } stored
            ? new RawJson(stored.Value)
            : Failure.NotFound();
    }

    private async ValueTask<Outcome<Nothing>> WriteAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters["path"];
        var body = context.Request.Body;
        if (Refuse(context) is { } refused)
            return refused;
        if (path.EndsWith('/'))
            return Failure.Invalid("cubbyhole.invalid_path", "the path must not end in a slash");
        if (body.IsEmpty)
            return Failure.Invalid("cubbyhole.missing_data", "missing data fields");
        if (body.Length > EntryWriter.MaxValueBytes)
            return new Failure(FailureKind.TooLarge, "cubbyhole.too_large", $"the data exceeds {EntryWriter.MaxValueBytes} bytes");
        var token = context.Token!;
        var records = tokens.Space.Of(token.Namespace);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            // The token must still be there at the commit, or its revocation would miss the secret.
            if (await records.ReadAsync(token.Hash, cancellationToken) is not { Entry.Revoked: false } owner)
                return TokenFailures.NotValid;
            var outcome = await records.Begin()
                .Require(records.Ids, owner.Hash, owner.Revision)
                .Put(records.Cubbyhole(owner.Hash), path, body)
                .CommitAsync(cancellationToken);
            if (outcome.Kind == CommitKind.Unknown)
                return TokenFailures.UnknownOutcome;
            if (!outcome.Succeeded)
                continue;
            context.Index = outcome.Revision;
            return Outcome.Done;
        }
        return TokenFailures.Contention;
    }

    private async ValueTask<Outcome<Nothing>> DeleteAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        if (Refuse(context) is { } refused)
            return refused;
        var secrets = Secrets(context);
        var outcome = await secrets.Begin().Delete(secrets, context.Parameters["path"]).CommitAsync(cancellationToken);
        if (!outcome.Succeeded)
            return TokenFailures.UnknownOutcome;
        context.Index = outcome.Revision;
        return Outcome.Done;
    }

    private async ValueTask<Outcome<CubbyholeKeys>> ListAsync(Nothing request, RequestContext context, CancellationToken cancellationToken)
    {
        if (Refuse(context) is { } refused)
            return refused;
        var path = context.Parameters["path"].TrimEnd('/');
        var folder = path.Length == 0 ? Secrets(context) : Secrets(context).Folder(path + "/");
        var keys = await folder.ListAsync("", 0, cancellationToken);
        return keys.Count > 0 ? new CubbyholeKeys(keys) : Failure.NotFound();
    }

    private async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken) =>
        Refuse(context) is null && await Secrets(context).ReadAsync(context.Parameters["path"], cancellationToken) is not null;

    private StorageView Secrets(RequestContext context) => tokens.Space.Of(context.Token!.Namespace).Cubbyhole(context.Token.Hash);

    private static Failure? Refuse(RequestContext context) => context.Token!.Entry.Type == TokenType.Service
        ? null
        : Failure.Invalid("cubbyhole.service_tokens_only", "cubbyhole operations are only supported by 'service' type tokens");
}

/// <summary>Names in a folder of a cubbyhole.</summary>
/// <param name="Keys">In order; folders end in a slash.</param>
public sealed record CubbyholeKeys(IReadOnlyList<string> Keys);

[JsonSerializable(typeof(RawJson))]
[JsonSerializable(typeof(CubbyholeKeys))]
internal sealed partial class CubbyholeJson : JsonSerializerContext;
