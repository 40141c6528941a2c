using System.Text.Json.Nodes;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Engines.Tests.Kv;

/// <summary>What a mount answered.</summary>
/// <param name="Result"><c>ok</c>, <c>gone</c>, or the failure's code.</param>
/// <param name="Body">The body, or null.</param>
public sealed record KvAnswer(string Result, JsonNode? Body)
{
    public Failure? Failure { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public LeaseInfo? Lease { get; init; }

    public long Index { get; init; }

    /// <summary>The operation as the existence check refined it.</summary>
    public Operation Operation { get; init; }

    /// <summary>The value at a path of names.</summary>
    public JsonNode? At(params string[] names)
    {
        var node = Body;
        foreach (var name in names)
            node = node![name];
        return node;
    }

    public IReadOnlyList<string> Keys => Body is null ? [] : [.. Body["keys"]!.AsArray().Select(key => key!.GetValue<string>())];

    public long Version => Body!["version"]!.GetValue<long>();

    public override string ToString() => $"{Result} {Body?.ToJsonString()} {Failure?.Message}";
}
