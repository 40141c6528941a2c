using System.ComponentModel;
using System.Text;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;

namespace Kist.Engines.Kv;

internal sealed record ListRequest
{
    [Description("The folder; empty for the mount itself.")]
    public required string Path { get; init; }

    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record ListResponse
{
    [Description("Names; folders end in a slash.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

/// <summary>Lists of names below a storage folder. No names is not found, as the Vault API has it.</summary>
internal static class Listing
{
    /// <summary>The direct children of the folder.</summary>
    public static async ValueTask<Outcome<ListResponse>> ListAsync(
        string root, ListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (Check(request) is { } bad)
            return bad;
        var folder = context.Storage.Folder(KvPath.Folder(root, request.Path));
        return Answer(await folder.ListAsync(request.After ?? "", request.Limit, cancellationToken));
    }

    /// <summary>Everything below the folder.</summary>
    public static async ValueTask<Outcome<ListResponse>> ScanAsync(
        string root, ListRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        if (Check(request) is { } bad)
            return bad;
        var folder = context.Storage.Folder(KvPath.Folder(root, request.Path));
        return Answer(await folder.ScanAsync(request.After ?? "", request.Limit, cancellationToken));
    }

    private static Failure? Check(ListRequest request)
    {
        if (KvPath.CheckFolder(request.Path) is { } badPath)
            return badPath;
        return Encoding.UTF8.GetByteCount(request.Path) + Encoding.UTF8.GetByteCount(request.After ?? "") > KvPath.MaxBytes
            ? Failure.Invalid("kv.invalid_after", $"field \"after\": path and name together are longer than {KvPath.MaxBytes} bytes")
            : null;
    }

    private static Outcome<ListResponse> Answer(IReadOnlyList<string> names) =>
        names.Count == 0 ? Failure.NotFound() : new ListResponse { Keys = names };
}
