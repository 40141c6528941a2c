using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Kist.Core.Barrier;
using Kist.Core.Identity.Stored;

namespace Kist.Core.Identity.Routes;

/// <summary>Lists. Nothing to list is not found, as the Vault API has it.</summary>
internal static class IdentityListing
{
    private const int Page = 200;

    /// <summary>The names in an index, as they were given, in the order of their lower case.</summary>
    public static async ValueTask<Outcome<IdentityKeys>> NamesAsync(
        StorageView index, IdentityListRequest request, CancellationToken cancellationToken)
    {
        var after = request.After ?? "";
        if (after.Length > 0 && IdentityNames.Check(after) is not null)
            return InvalidAfter;
        var names = new List<string>();
        var key = after.Length == 0 ? "" : IdentityNames.KeyOf(after);
        await foreach (var (_, pointer) in ReadAsync(index, key, IdentityJson.Pointer, cancellationToken))
        {
            names.Add(pointer.Name ?? "");
            if (names.Count == request.Limit)
                break;
        }
        return names.Count == 0 ? Failure.NotFound() : new IdentityKeys(names);
    }

    /// <summary>The ids in a view, each with what is shown of its record; null leaves one out.</summary>
    public static async ValueTask<Outcome<IdentityKeys<TInfo>>> IdsAsync<TRecord, TInfo>(
        StorageView view,
        JsonTypeInfo<TRecord> type,
        IdentityListRequest request,
        Func<string, TRecord, CancellationToken, ValueTask<TInfo?>> show,
        CancellationToken cancellationToken)
        where TRecord : class
        where TInfo : class
    {
        var after = request.After ?? "";
        if (after.Length > IdentityNames.MaxLength || !after.All(char.IsAscii))
            return InvalidAfter;
        var keys = new List<string>();
        var info = new Dictionary<string, TInfo>(StringComparer.Ordinal);
        await foreach (var (id, record) in ReadAsync(view, after, type, cancellationToken))
        {
            if (await show(id, record, cancellationToken) is not { } shown)
                continue;
            keys.Add(id);
            info.Add(id, shown);
            if (keys.Count == request.Limit)
                break;
        }
        return keys.Count == 0 ? Failure.NotFound() : new IdentityKeys<TInfo>(keys, info);
    }

    private static Failure InvalidAfter { get; } = Failure.Invalid("identity.invalid_after", "field \"after\": can be no name or id");

    private static async IAsyncEnumerable<(string Key, T Record)> ReadAsync<T>(
        StorageView view, string after, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        while (await view.RangeAsync("", after, Page, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var (key, stored) in page)
                yield return (key, JsonSerializer.Deserialize(stored.Value.Span, type)!);
            after = page[^1].Key;
        }
    }
}
