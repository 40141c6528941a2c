using System.Globalization;
using System.Text.Json.Nodes;
using Kist.Harness;
using Kist.Harness.Kubernetes;
using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Tests.Deployment;

/// <summary>The objects that the files in <c>deploy/</c> stand for, as an API server is sent them.</summary>
internal static class DeployFiles
{
    public static string Folder { get; } = Path.Combine(BuiltProgram.Repository, "deploy");

    public static string Chart { get; } = Path.Combine(Folder, "chart", "kist");

    /// <summary>The manifests of a folder, file by file.</summary>
    public static IReadOnlyList<JsonObject> Manifests(string folder) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Folder, "manifests", folder), "*.yaml")
            .Order(StringComparer.Ordinal)
            .SelectMany(file => Objects(File.ReadAllText(file))),
    ];

    /// <summary>What the chart gives in the release <c>kist</c> of the namespace <c>kist</c>, unless the arguments say otherwise.</summary>
    public static async Task<IReadOnlyList<JsonObject>> RenderAsync(string values, params string[] arguments)
    {
        var ended = await HelmChart.RenderAsync(Chart, values, arguments);
        Assert.True(ended.ExitCode == 0, ended.Errors);
        return Objects(ended.Output);
    }

    /// <summary>The documents of a text.</summary>
    public static IReadOnlyList<JsonObject> Objects(string text) =>
        [.. text.Split("---\n").Select(Document).OfType<JsonObject>()];

    private static JsonNode? Document(string text)
    {
        var reading = YamlReader.Read(text);
        Assert.True(reading.Fault is null && reading.SecondDocument is null, $"{reading.Fault}\n{text}");
        return reading.Root is { } root ? Json(root) : null;
    }

    private static JsonNode? Json(YamlValue value) => value switch
    {
        YamlMap map => new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, Json(entry.Value)))),
        YamlList list => new JsonArray([.. list.Elements.Select(Json)]),
        YamlScalar { Kind: YamlScalarKind.Null } => null,
        YamlScalar { Kind: YamlScalarKind.Boolean } scalar => JsonValue.Create(scalar.Text is "true" or "yes" or "on" or "y"),
        YamlScalar { Kind: YamlScalarKind.Number, Integer: { } integer } => JsonValue.Create(integer),
        YamlScalar { Kind: YamlScalarKind.Number } scalar => JsonValue.Create(double.Parse(scalar.Text, CultureInfo.InvariantCulture)),
        YamlScalar scalar => JsonValue.Create(scalar.Text),
        _ => throw new InvalidOperationException(value.Noun),
    };
}
