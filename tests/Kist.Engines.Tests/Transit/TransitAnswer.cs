using System.Text.Json.Nodes;
using Kist.Core;
using Kist.Core.Pipeline;

namespace Kist.Engines.Tests.Transit;

/// <summary>What a mount answered.</summary>
/// <param name="Result"><c>ok</c>, <c>partial</c> when parts of a batch failed, or the failure's code.</param>
/// <param name="Body">The body, or null.</param>
public sealed record TransitAnswer(string Result, JsonNode? Body)
{
    public Failure? Failure { get; init; }

    public PartialFailure? PartialFailure { get; init; }

    public IReadOnlyList<string> Warnings { get; init; } = [];

    public Operation Operation { get; init; }

    public string Ciphertext => Text("ciphertext");

    public string Plaintext => Text("plaintext");

    public IReadOnlyList<string> Keys => Body is null ? [] : [.. Body["keys"]!.AsArray().Select(key => key!.GetValue<string>())];

    public JsonArray Results => Body!["batch_results"]!.AsArray();

    public string Text(string name) => Body![name]!.GetValue<string>();

    public int Number(string name) => Body![name]!.GetValue<int>();

    public bool Flag(string name) => Body![name]!.GetValue<bool>();

    public override string ToString() => $"{Result} {Body?.ToJsonString()} {Failure?.Message}";
}
