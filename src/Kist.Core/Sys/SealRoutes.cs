using System.ComponentModel;
using System.Text.Json.Serialization;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Seals;
using Kist.Crypto;

namespace Kist.Core.Sys;

/// <summary>The state of this node's seal.</summary>
public sealed record SealStatusResponse
{
    /// <summary><c>shamir</c> or <c>static</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>True once initialised.</summary>
    public bool Initialized { get; init; }

    /// <summary>True while sealed.</summary>
    public bool Sealed { get; init; }

    /// <summary>Shares needed.</summary>
    public int T { get; init; }

    /// <summary>Shares that exist.</summary>
    public int N { get; init; }

    /// <summary>Shares given so far.</summary>
    public int Progress { get; init; }

    /// <summary>Names the unseal under way.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>The program's version.</summary>
    public string Version { get; init; } = "";

    /// <summary>Always empty.</summary>
    public string BuildDate { get; init; } = "";

    /// <summary>Always false.</summary>
    public bool Migration { get; init; }

    /// <summary>For people; null while sealed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClusterName { get; init; }

    /// <summary>A UUID that all nodes of the store share; null while sealed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClusterId { get; init; }

    /// <summary>True when the shares are recovery shares.</summary>
    public bool RecoverySeal { get; init; }

    /// <summary>The store's kind.</summary>
    public string StorageType { get; init; } = "";
}

/// <summary>One share of an unseal.</summary>
public sealed record UnsealRequest
{
    /// <summary>The share.</summary>
    [Description("One key share, hexadecimal or base64.")]
    public SecretText? Key { get; set; }

    /// <summary>Start again.</summary>
    [Description("True forgets the shares given so far.")]
    public bool Reset { get; set; }

    /// <summary>Sent by clients; not supported.</summary>
    [Description("Not supported.")]
    public bool Migrate { get; set; }
}

/// <summary>Seals.</summary>
public sealed record SealRequest
{
    /// <summary>Which nodes.</summary>
    [Description("\"self\" seals this node alone; by default every node on the store is sealed.")]
    public string Node { get; set; } = "";
}

/// <summary><c>sys/seal-status</c>, <c>sys/unseal</c> and <c>sys/seal</c>.</summary>
internal sealed class SealRoutes(Node node)
{
    public void Add(RouteMap map)
    {
        map.Read<Nothing, SealStatusResponse>("seal-status", StatusAsync, "Tell whether this node is sealed and how far an unseal is.")
            .AllowUnauthenticated().AllowSealed().Answers(ResponseShape.Bare);
        map.Write<UnsealRequest, SealStatusResponse>("unseal", UnsealAsync, "Give one key share to unseal this node.")
            .AllowUnauthenticated().AllowSealed().Answers(ResponseShape.Bare);
        map.Write<SealRequest, Nothing>("seal", SealAsync, "Seal every node on the store, or this one alone.").RequireSudo();
    }

    private async ValueTask<Outcome<SealStatusResponse>> StatusAsync(Nothing request, RequestContext context, CancellationToken ct) =>
        Show(await node.Seals.StatusAsync(ct));

    private async ValueTask<Outcome<SealStatusResponse>> UnsealAsync(UnsealRequest request, RequestContext context, CancellationToken ct)
    {
        if (request.Migrate)
            return Failure.Invalid("seal.migrate", "migration between seals is not supported");
        if (request.Reset)
        {
            node.Seals.ResetUnseal();
            return Show(await node.Seals.StatusAsync(ct));
        }
        var share = ShareText.Parse(request.Key);
        if (!share.Succeeded)
            return share.Failure;
        using (share.Value)
        {
            var status = await node.UnsealAsync(share.Value, ct);
            return status.Succeeded ? Show(status.Value) : status.Failure;
        }
    }

    private async ValueTask<Outcome<Nothing>> SealAsync(SealRequest request, RequestContext context, CancellationToken ct)
    {
        switch (request.Node)
        {
            case "self":
                node.Barrier.Seal();
                return Outcome.Done;
            case "":
                await node.Barrier.SealAllAsync(ct);
                return Outcome.Done;
            default:
                return Failure.Invalid("seal.node", "field \"node\": expected \"self\" or nothing");
        }
    }

    private SealStatusResponse Show(SealStatus status) => new()
    {
        Type = status.Type,
        Initialized = status.Initialized,
        Sealed = !node.IsServing,
        T = status.Threshold,
        N = status.Shares,
        Progress = status.Progress,
        Nonce = status.Nonce,
        Version = node.Options.Version,
        ClusterName = node.Cluster?.NameFor(node.Options),
        ClusterId = node.Cluster?.Id,
        RecoverySeal = status.RecoverySeal,
        StorageType = node.Options.StorageType,
    };
}
