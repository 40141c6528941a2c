using System.Collections.Concurrent;
using System.Text.Json;
using Kist.Client.Templates;
using Kist.Client.Templates.Values;

namespace Kist.Client.Tests.Templates;

/// <summary>A FAKE in place of a server and of files: it answers from memory and records what was asked, in rounds.</summary>
internal sealed class FakeTemplateData : ITemplateData
{
    private readonly Dictionary<TemplateDependency, TemplateValue> answers = [];

    /// <summary>What was asked for so far.</summary>
    public ConcurrentQueue<TemplateDependency> Asked { get; } = [];

    public FakeTemplateData Secret(string path, string data, params string[] parameters)
    {
        var kind = parameters.Length == 0 ? TemplateDependencyKind.Read : TemplateDependencyKind.Write;
        return Answer(kind, path, SecretRecords.Secret(Json($$"""
            {"request_id":"r1","lease_id":"lease/1","lease_duration":3600,"renewable":true,"data":{{data}},"warnings":["careful"]}
            """)), parameters);
    }

    public FakeTemplateData List(string path, params string[] keys) => Answer(TemplateDependencyKind.List, path, TemplateValue.Of(keys));

    public FakeTemplateData File(string path, string content) => Answer(TemplateDependencyKind.File, path, TemplateValue.Of(content));

    public FakeTemplateData Answer(TemplateDependencyKind kind, string path, TemplateValue answer, params string[] parameters)
    {
        var pairs = parameters.Select(p => p.Split('=', 2)).Select(p => KeyValuePair.Create(p[0], p[1]));
        answers[new TemplateDependency(kind, path, pairs)] = answer;
        return this;
    }

    public ValueTask<TemplateValue> FetchAsync(TemplateDependency dependency, CancellationToken cancellation)
    {
        Asked.Enqueue(dependency);
        return answers.TryGetValue(dependency, out var answer)
            ? ValueTask.FromResult(answer)
            : throw new KeyNotFoundException($"the test has no answer to {dependency}");
    }

    public static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
