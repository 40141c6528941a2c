using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Engines.Kv.Json;

namespace Kist.Engines.Tests.Kv.Json;

public sealed class SubkeysTests
{
    private const string Secret = """{"foo":"abc","bar":{"baz":"def","deep":{"er":[{"x":1}]}},"quux":{},"list":[1]}""";

    [Theory]
    [InlineData(0, """{"foo":null,"bar":{"baz":null,"deep":{"er":null}},"quux":null,"list":null}""")]
    [InlineData(1, """{"foo":null,"bar":null,"quux":null,"list":null}""")]
    [InlineData(2, """{"foo":null,"bar":{"baz":null,"deep":null},"quux":null,"list":null}""")]
    [InlineData(9, """{"foo":null,"bar":{"baz":null,"deep":{"er":null}},"quux":null,"list":null}""")]
    public void Shows_keys_down_to_the_depth(int depth, string expected) => Assert.Equal(expected, Of(Secret, depth));

    [Fact]
    public void An_empty_secret_has_no_subkeys() => Assert.Equal("{}", Of("{}", 0));

    [Fact]
    public void Holds_no_value_at_any_depth() =>
        Prop.ForAll(Arb.From(Gen.Zip(JsonSamples.Object, Gen.Choose(0, 4))), sample => OnlyNulls(JsonNode.Parse(Of(sample.Item1, sample.Item2))))
            .QuickCheckThrowOnFailure();

    private static bool OnlyNulls(JsonNode? node) => node is null || (node is JsonObject folder && folder.All(member => OnlyNulls(member.Value)));

    private static string Of(string data, int depth) => Encoding.UTF8.GetString(Subkeys.Of(Encoding.UTF8.GetBytes(data), depth).Span);
}
