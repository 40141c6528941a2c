using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;

namespace Kist.Engines.Database.Names;

internal sealed record NameRequest
{
    [Description("Name of the connection or role.")]
    [AuditPlain]
    public required string Name { get; init; }
}

internal sealed record ListNamesRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record NamesResponse
{
    [Description("The names.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

internal sealed record ReloadRequest
{
    [Description("The kind of database whose connections are opened anew.")]
    [AuditPlain]
    public required string PluginName { get; init; }
}

internal sealed record ReloadResponse
{
    [Description("The connections that were closed on this server.")]
    [AuditPlain]
    public IReadOnlyList<string> Connections { get; init; } = [];

    [Description("How many they were.")]
    [AuditPlain]
    public int Count { get; init; }
}

/// <summary>Lists names. None is not found, as the Vault API has it.</summary>
internal static class ListNames
{
    /// <summary>The handler for one folder.</summary>
    public static Core.Routing.Handler<ListNamesRequest, NamesResponse> In(string folder) => async (request, context, cancellationToken) =>
    {
        var after = request.After ?? "";
        if (after.Length > EntryName.MaxLength)
            return Failure.Invalid("database.invalid_after", $"field \"after\": is longer than {EntryName.MaxLength} characters");
        var names = await context.Storage.Folder(folder).ListAsync(after, request.Limit, cancellationToken);
        return names.Count == 0 ? Failure.NotFound() : new NamesResponse { Keys = names };
    };
}
