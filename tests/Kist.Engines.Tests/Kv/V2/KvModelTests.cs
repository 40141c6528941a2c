using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Kist.Engines.Tests.Kv.V2;

/// <summary>Random histories on the engine and on a naive model: every answer and everything that can be read must agree.</summary>
public sealed class KvModelTests
{
    // Few paths, so that histories meet; some are folders of others, and some look like the keys that the engine makes.
    private static readonly string[] Paths = ["a", "a/b", "a/b/c", "a0", "é/ü", "a/0000000000000001"];

    private static readonly string[] Data = ["{}", """{"k":1}""", """{"k":{"x":1,"y":null},"n":null}""", """{"list":[1,{"a":null}],"t":"é"}"""];

    private static readonly string[] Patches = ["{}", """{"k":null}""", """{"k":{"x":null,"z":{"deep":null}}}""", """{"new":"v","list":2}"""];

    private static readonly string[] Settings =
        ["\"max_versions\":0", "\"max_versions\":2", "\"max_versions\":4", "\"cas_required\":true", "\"cas_required\":false",
            "\"delete_version_after\":0", "\"delete_version_after\":5", "\"delete_version_after\":30"];

    private static readonly string[] Labels =
        ["\"custom_metadata\":{}", "\"custom_metadata\":{\"owner\":\"jdoe\"}", "\"custom_metadata\":{\"owner\":\"x\",\"team\":\"y\"}"];

    private static readonly string[] LabelPatches =
        ["\"custom_metadata\":null", "\"custom_metadata\":{\"owner\":null}",
            "\"max_versions\":null", "\"cas_required\":null", "\"delete_version_after\":null"];

    [Fact]
    public void Every_history_answers_as_the_model() =>
        Prop.ForAll(Arb.From(Steps().ListOf().Resize(50)), steps => Task.Run(() => RunAsync(steps)).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    private static async Task RunAsync(IEnumerable<Step> steps)
    {
        using var host = await KvHost.StartAsync("2");
        var model = new KvModel(host.Clock);
        foreach (var step in steps)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(step.Seconds));
            var request = step.Request(model);
            await CompareAsync(host, model, request);
            await CompareSecretAsync(host, model, step.Path);
        }
        foreach (var path in Paths)
            await CompareSecretAsync(host, model, path);
        foreach (var folder in new[] { "", "a/", "a/b/", "é/", "none/" })
        {
            await CompareAsync(host, model, KvRequest.List("metadata/" + folder));
            await CompareAsync(host, model, KvRequest.Scan("metadata/" + folder));
        }
        await CompareAsync(host, model, KvRequest.Read("config"));
    }

    private static async Task CompareSecretAsync(KvHost host, KvModel model, string path)
    {
        await CompareAsync(host, model, KvRequest.Read($"metadata/{path}"));
        for (var version = 0L; version <= model.CurrentVersion(path) + 1; version++)
            await CompareAsync(host, model, KvRequest.Read($"data/{path}?version={version.ToString(CultureInfo.InvariantCulture)}"));
    }

    private static async Task CompareAsync(KvHost host, KvModel model, KvRequest request)
    {
        var expected = model.Answer(request);
        var actual = await host.SendAsync(request);
        Assert.True(
            expected.Result == actual.Result && JsonNode.DeepEquals(expected.Body, actual.Body),
            $"{request}\nmodel:  {expected.Result} {expected.Body?.ToJsonString()}\nengine: {actual}");
    }

    private static Gen<Step> Steps()
    {
        var options = Gen.Elements(Cas.None, Cas.None, Cas.None, Cas.Current, Cas.Current, Cas.Current, Cas.Zero, Cas.Wrong);
        var versions = Gen.Choose(0, 6).NonEmptyListOf().Resize(3).Select(list => $"[{string.Join(',', list)}]");
        var write = Gen.Zip(Gen.Elements(Data), options).Select(x => new Change("data", KvRequest.Write, x.Item1, x.Item2));
        var patch = Gen.Zip(Gen.Elements(Patches), options).Select(x => new Change("data", KvRequest.Patch, x.Item1, x.Item2));
        var edit = Gen.Zip(Gen.Elements("delete", "undelete", "destroy"), versions)
            .Select(x => new Change(x.Item1, KvRequest.Write, $$"""{"versions":{{x.Item2}}}"""));
        var set = OneOf([.. Settings, .. Labels]).Select(field => new Change("metadata", KvRequest.Write, $"{{{field}}}"));
        var adjust = OneOf([.. Settings, .. Labels, .. LabelPatches]).Select(field => new Change("metadata", KvRequest.Patch, $"{{{field}}}"));
        var configure = OneOf([.. Settings, "\"delete_version_after\":-1"])
            .Select(field => new Change("config", KvRequest.Write, $"{{{field}}}"));
        var delete = Gen.Elements("data", "data", "metadata").Select(area => new Change(area, (path, _) => KvRequest.Delete(path), ""));
        var change = Gen.Frequency((8, write), (3, patch), (2, delete), (5, edit), (2, set), (2, adjust), (1, configure));
        return from path in Gen.Elements(Paths)
               from seconds in Gen.Elements(0, 0, 1, 10)
               from what in change
               select new Step(path, seconds, what);
    }

    private static Gen<string> OneOf(IEnumerable<string> fields) => Gen.Elements(fields);

    private enum Cas
    {
        None,
        Current,
        Zero,
        Wrong,
    }

    private sealed record Change(string Area, Func<string, string, KvRequest> Verb, string Body, Cas? Cas = null);

    private sealed record Step(string Path, int Seconds, Change Change)
    {
        public KvRequest Request(KvModel model)
        {
            var target = Change.Area == "config" ? "config" : $"{Change.Area}/{Path}";
            return Change.Verb(target, Change.Cas is { } cas ? $$"""{"data":{{Change.Body}}{{Options(cas, model)}}}""" : Change.Body);
        }

        public override string ToString() => $"+{Seconds}s {Change.Verb(Path, "").Operation} {Change.Area}/{Path} {Change.Body} {Change.Cas}";

        private string Options(Cas cas, KvModel model) => cas switch
        {
            KvModelTests.Cas.None => "",
            KvModelTests.Cas.Current => $$""","options":{"cas":{{model.CurrentVersion(Path)}}}""",
            KvModelTests.Cas.Zero => ""","options":{"cas":0}""",
            _ => ""","options":{"cas":99}""",
        };
    }
}
