using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Commands.Rendering;
using YamlDotNet.Serialization;

namespace Kist.Client.Tests.Commands;

public sealed class RenderingTests
{
    [Theory]
    [InlineData("null", "<nil>")]
    [InlineData("\"a b\"", "a b")]
    [InlineData("1.50", "1.50")]
    [InlineData("true", "true")]
    [InlineData("[]", "[]")]
    [InlineData("""["a",1,null]""", "[a 1 <nil>]")]
    [InlineData("""{"b":[1],"a":{"c":null}}""", "map[a:map[c:<nil>] b:[1]]")]
    public void Values_look_as_go_prints_them(string json, string text) => Assert.Equal(text, GoText.Format(JsonElement.Parse(json)));

    [Theory]
    [InlineData("{}", "{}\n")]
    [InlineData("[]", "[]\n")]
    [InlineData("""{"a":{},"b":[]}""", "a: {}\nb: []\n")]
    [InlineData("""{"a":[1,{"b":2,"c":[3]}],"d":{"e":"f"}}""", "a:\n- 1\n- b: 2\n  c:\n  - 3\nd:\n  e: f\n")]
    [InlineData("""["a",["b","c"]]""", "- a\n- - b\n  - c\n")]
    [InlineData("""{"a":"yes","b":"1","c":"","d":" x","e":"a: b","f":"#","g":"a\nb","h":"~"}""",
        "a: \"yes\"\nb: \"1\"\nc: \"\"\nd: \" x\"\ne: \"a: b\"\nf: \"#\"\ng: \"a\\nb\"\nh: \"~\"\n")]
    public void Yaml_is_in_block_style(string json, string yaml) => Assert.Equal(yaml, YamlText.Render(JsonElement.Parse(json)));

    [Fact]
    public void Yaml_has_characters_beyond_the_first_plane_in_one_piece() =>
        Assert.Equal("\"\\U0001f511 \\xe9 \\u20ac <&'>\"\n", YamlText.Render(JsonElement.Parse("\"\U0001F511 \u00e9 \u20ac <&'>\"")));

    [Fact]
    public void Yaml_means_the_same_as_the_json_it_was_made_of() => Prop.ForAll(Json(3).ToArbitrary(), node =>
    {
        var element = JsonText.ToElement(node);
        var read = new DeserializerBuilder().Build().Deserialize<object?>(YamlText.Render(element));
        return Same(element, read);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Json_means_the_same_as_what_it_was_made_of() => Prop.ForAll(Json(3).ToArbitrary(), node =>
        JsonNode.DeepEquals(node, JsonNode.Parse(JsonText.Render(JsonText.ToElement(node))))).QuickCheckThrowOnFailure();

    [Fact]
    public void Columns_are_four_spaces_apart_and_the_last_is_not_padded() =>
        Assert.Equal("Key     Value\n---     -----\na       1\nlong    2\n", TableText.Render(["Key", "Value"], [["a", "1"], ["long", "2"]]));

    [Theory]
    [InlineData("Metadata", 15, "======= Metadata =======\n")]
    [InlineData("Data", 8, "===== Data =====\n")]
    [InlineData("Data", 0, "= Data =\n")]
    public void Titles_are_as_wide_as_their_table(string title, int key, string text) => Assert.Equal(text, TableText.Title(title, key));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m")]
    [InlineData(3600, "1h")]
    [InlineData(3601, "1h0m1s")]
    [InlineData(5400, "1h30m")]
    [InlineData(2764743, "767h59m3s")]
    [InlineData(2764800, "768h")]
    [InlineData(-3600, "-1h")]
    [InlineData(long.MinValue, "-9223372036854775808s")]
    public void Durations_have_no_needless_zeros(long seconds, string text) => Assert.Equal(text, HumanDuration.Format(seconds));

    private static Gen<JsonNode> Json(int depth)
    {
        var text = Gen.OneOf(
            Gen.Elements(
                "yes", "null", "~", "1", "1e3", "0x1", "-", "- a", "a: b", "#x", " a", "a ", "", "\n", "a\nb", "é", "\u2028", "'", "\"", "\\", "{", "[", "!",
                "&a", "*a", "%", "@", "`", "|", ">", "?", "=", "<<", ".", "2026-01-01", "\u001b", "a#", "a:",
                "\U0001F600", "\U0010FFFD", "\u0085", "\u00a0", "\ufeff", "\ufffd", "\u007f"),
            Gen.ArrayOf(Gen.Elements("a b 1 : # - ' \" \\ { } [ ] , & * ! | > % @ ` \n \t é \r \0 ~ \u2029 \ue000 \U0001F511 \U00020000".Split(' ').Append(" ").ToArray()))
                .Select(string.Concat));
        var leaf = Gen.OneOf(
            text.Select(t => (JsonNode)JsonValue.Create(t)),
            Gen.Choose(-1000, 1000).Select(n => (JsonNode)JsonValue.Create(n)),
            Gen.Elements(true, false).Select(b => (JsonNode)JsonValue.Create(b)));
        if (depth == 0)
            return leaf;
        var inner = Json(depth - 1);
        return Gen.OneOf(
            leaf,
            inner.ListOf().Select(items => (JsonNode)new JsonArray([.. items.Select(i => i.DeepClone())])),
            Gen.Zip(text, inner).ListOf().Select(pairs => (JsonNode)new JsonObject(
                pairs.DistinctBy(p => p.Item1).Select(p => KeyValuePair.Create(p.Item1, (JsonNode?)p.Item2.DeepClone())))));
    }

    /// <summary>The reader answers every scalar as text; what was quoted and what was not is told by the block style test.</summary>
    private static bool Same(JsonElement element, object? read) => element.ValueKind switch
    {
        JsonValueKind.Object => read is IDictionary<object, object?> map && map.Count == element.EnumerateObject().Count()
            && element.EnumerateObject().All(p => map.TryGetValue(p.Name, out var value) && Same(p.Value, value)),
        JsonValueKind.Array => read is IList<object?> list && list.Count == element.GetArrayLength()
            && element.EnumerateArray().Zip(list).All(p => Same(p.First, p.Second)),
        JsonValueKind.String => (string?)read == element.GetString(),
        _ => Convert.ToString(read, CultureInfo.InvariantCulture) == element.GetRawText(),
    };
}
