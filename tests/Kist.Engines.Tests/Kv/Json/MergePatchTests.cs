using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Engines.Kv.Json;

namespace Kist.Engines.Tests.Kv.Json;

public sealed class MergePatchTests
{
    // RFC 7396, appendix A.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Applies_the_cases_of_the_standard(string target, string patch, string expected) => Assert.Equal(expected, Apply(target, patch));

    [Fact]
    public void Starts_from_nothing() => Assert.Equal("""{"a":{"b":1}}""", Apply("", """{"a":{"b":1,"c":null},"d":null}"""));

    [Theory]
    [InlineData("""{"n":1.10,"big":12345678901234567890123,"text":"é\u0041"}""", """{"x":0e-5}""",
        """{"n":1.10,"big":12345678901234567890123,"text":"é\u0041","x":0e-5}""")]
    public void Keeps_the_bytes_of_values(string target, string patch, string expected) => Assert.Equal(expected, Apply(target, patch));

    [Fact]
    public void Names_with_escapes_meet_their_plain_form() => Assert.Equal("{}", Apply("""{"é":1}""", """{"\u00e9":null}"""));

    [Fact]
    public void Agrees_with_the_algorithm_of_the_standard() =>
        Prop.ForAll(Arb.From(Gen.Zip(JsonSamples.Value, JsonSamples.Value)), pair =>
        {
            var expected = Reference(JsonNode.Parse(pair.Item1), JsonNode.Parse(pair.Item2));
            return JsonNode.DeepEquals(expected, JsonNode.Parse(Apply(pair.Item1, pair.Item2)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_patch_of_itself_changes_an_object_without_nulls_in_nothing() =>
        Prop.ForAll(Arb.From(JsonSamples.Object), text =>
        {
            var once = Apply("{}", text);
            return JsonNode.DeepEquals(JsonNode.Parse(once), JsonNode.Parse(Apply(once, once)));
        }).QuickCheckThrowOnFailure();

    private static string Apply(string target, string patch) =>
        Encoding.UTF8.GetString(MergePatch.Apply(Encoding.UTF8.GetBytes(target), Encoding.UTF8.GetBytes(patch)).Span);

    // The pseudo-code of RFC 7396, section 2.
    private static JsonNode? Reference(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var result = target is JsonObject was ? (JsonObject)was.DeepClone() : [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
                result.Remove(name);
            else
                result[name] = Reference(result[name], value);
        }
        return result;
    }
}
