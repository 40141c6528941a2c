using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Core.Routing.Fields;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Kv.V2;

internal sealed record WriteDataRequest
{
    [Description("Path of the secret.")]
    public required string Path { get; init; }

    [Description("The secret: a JSON object.")]
    public RawJson Data { get; init; }

    [Description("Options of the write.")]
    public WriteOptions? Options { get; init; }

    /// <summary>What is wrong with the request whatever the secret is; null for nothing.</summary>
    public Failure? Check()
    {
        if (KvPath.Check(Path) is { } badPath)
            return badPath;
        var data = Data.Utf8.Span.TrimStart(" \t\r\n"u8);
        if (data.IsEmpty || data.SequenceEqual("null"u8))
            return KvFailures.NoData;
        return data[0] == '{' ? null : KvFailures.DataNotObject;
    }
}

internal sealed record WriteOptions
{
    [Description("Write only when this is the current version; 0 when the secret must not exist yet.")]
    [AuditPlain]
    public long? Cas { get; init; }
}

/// <summary><c>POST data/path</c>: writes a new version.</summary>
internal sealed class WriteData(TimeProvider clock, Racing racing)
{
    public async ValueTask<Outcome<VersionMetadata>> HandleAsync(
        WriteDataRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (request.Check() is { } bad)
            return bad;
        return await racing.CommitAsync(context, request.Path, ProposeAsync, cancellationToken);

        async ValueTask<Proposal<VersionMetadata>> ProposeAsync(CancellationToken ct)
        {
            var config = await SecretStore.ReadConfigAsync(context.Storage, ct);
            var head = await SecretStore.ReadHeadAsync(context.Storage, request.Path, ct);
            if (NewVersion.RefuseByCas(request.Options?.Cas, context.Storage, request.Path, config, head) is { } refused)
                return refused;
            return NewVersion.Propose(context.Storage, request.Path, config, head, request.Data.Utf8, clock.GetUtcNow());
        }
    }

    /// <summary>Tells create from update.</summary>
    public static async ValueTask<bool> ExistsAsync(RequestContext context, CancellationToken cancellationToken)
    {
        var path = context.Parameters["path"];
        return KvPath.Check(path) is null && (await SecretStore.ReadHeadAsync(context.Storage, path, cancellationToken)).Revision != 0;
    }
}
