using System.ComponentModel;
using Kist.Core;
using Kist.Core.Audit;
using Kist.Core.Pipeline;
using Kist.Engines.Transit.Stored;

namespace Kist.Engines.Transit.Keys;

internal sealed record ListKeysRequest
{
    [Description("Answer only names greater than this, which need not exist.")]
    public string? After { get; init; }

    [Description("Most names to answer; 0 for all.")]
    [AuditPlain]
    public int Limit { get; init; }
}

internal sealed record KeyNames
{
    [Description("The names of the keys.")]
    public IReadOnlyList<string> Keys { get; init; } = [];
}

/// <summary><c>LIST keys</c>. No keys is not found, as the Vault API has it.</summary>
internal static class ListKeys
{
    public static async ValueTask<Outcome<KeyNames>> HandleAsync(ListKeysRequest request, RequestContext context, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > KeyName.MaxLength)
            return Failure.Invalid("transit.invalid_after", $"field \"after\": is longer than {KeyName.MaxLength} characters");
        var names = await context.Storage.Folder(TransitStore.Keys).ListAsync(after, request.Limit, cancellationToken);
        return names.Count == 0 ? Failure.NotFound() : new KeyNames { Keys = names };
    }
}
