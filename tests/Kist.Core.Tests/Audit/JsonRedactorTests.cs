using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Audit;
using Kist.Core.Routing.Fields;

namespace Kist.Core.Tests.Audit;

public sealed class JsonRedactorTests
{
    private static readonly RedactionRules HideAll = new(PlainKeys.None, PlainKeys.All, [], ElideLists: false);

    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.Elements("", "\"", "\\", "\n", "ü", "😀", "\u0000", "\u2028", "/", "{", "hmac-sha256:", "keys"),
        ArbMap.Default.GeneratorFor<string>().Select(Clean));

    private readonly AuditSalt salt = new(new byte[32]);

    [Fact]
    public void Structure_and_names_stay_and_every_string_and_number_is_hashed()
    {
        Prop.ForAll(Arb.From(Trees(4)), Arb.From(Gen.Elements(true, false)), (tree, indented) =>
        {
            var json = tree is null ? "null" : tree.ToJsonString(new JsonSerializerOptions { WriteIndented = indented });
            Assert.Equal(Redaction.Written, Redact(json, HideAll, out var redacted));
            Assert.DoesNotContain('\n', redacted);
            AssertHidden(tree, JsonNode.Parse(redacted));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void The_deepest_body_is_shown_inside_an_answer_too()
    {
        var body = string.Concat(Enumerable.Repeat("{\"a\":", FieldJson.MaxDepth)) + "1" + new string('}', FieldJson.MaxDepth);
        Assert.Equal(Redaction.Written, Redact("{\"data\":{\"data\":" + body + "}}", HideAll, out var redacted));
        Assert.Contains("hmac-sha256:", redacted, StringComparison.Ordinal);
    }

    [Fact]
    public void Clear_rules_keep_every_value()
    {
        Prop.ForAll(Arb.From(Trees(4)), tree =>
        {
            var json = tree?.ToJsonString() ?? "null";
            Assert.Equal(Redaction.Written, Redact(json, HideAll with { Marks = PlainKeys.All }, out var redacted));
            Assert.Equal(json, redacted);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Garbage_is_written_only_when_it_is_JSON()
    {
        var fragments = Gen.Elements(
            "{", "}", "[", "]", ",", ":", "\"", "\\", "a", "1", "-", ".", "e", " ", "\n", "null", "true", "tru", "\"a\"", "\"\\ud83d\"", "\"\\u00e9\"", "//", "\u0001", "é", "0");
        Prop.ForAll(Arb.From(fragments.ListOf().Select(string.Concat)), text =>
        {
            var result = Redact(text, HideAll, out var redacted);
            Assert.Equal(IsJson(text), result == Redaction.Written);
            if (result == Redaction.Written)
                Assert.True(IsJson(redacted));
            else
                Assert.Equal("", redacted);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    [Fact]
    public void Cut_JSON_is_malformed()
    {
        const string Json = """{"a":["b\n",1.5e3,{"c":null}],"d":{"e":true}}""";
        for (var length = 0; length < Json.Length; length++)
            Assert.Equal(Redaction.Malformed, Redact(Json[..length], HideAll, out _));
        Assert.Equal(Redaction.Written, Redact(Json, HideAll, out _));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[[[]]]")]
    [InlineData("null")]
    [InlineData("{\"a long name without a value of any length\":{}}")]
    public void Result_is_bounded_whatever_it_is_made_of(string item)
    {
        var output = new RecordBuffer();
        var json = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat(item, 600_000))}]");
        Assert.Equal(Redaction.TooLarge, JsonRedactor.Write(json, HideAll, salt, output));
        Assert.Equal(0, output.Length);
        Assert.InRange(output.Reserve(0).Length, 0, 2 * 1024 * 1024);
    }

    [Fact]
    public void Lone_surrogate_in_a_name_or_value_never_throws()
    {
        var rules = HideAll with { PlainKeys = ["a"] };
        Assert.Equal(Redaction.Malformed, Redact("""{"\ud800":1}""", rules, out _));
        Assert.Equal(Redaction.Malformed, Redact("""{"a1":"\ud800"}""", rules, out _));
    }

    [Theory]
    [InlineData("42")]
    [InlineData("-1.50e+3")]
    [InlineData("123456789012345678901234567890")]
    public void Number_is_hashed_as_it_is_written(string number)
    {
        Redact(number, HideAll, out var redacted);
        Assert.Equal($"\"{salt.Hash(Encoding.UTF8.GetBytes(number))}\"", redacted);
    }

    [Fact]
    public void Hash_is_HMAC_SHA256_in_hex()
    {
        // RFC 4231, test case 2.
        using var known = new AuditSalt("Jefe"u8);
        Assert.Equal(
            "hmac-sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", known.Hash("what do ya want for nothing?"u8));
    }

    private static bool IsJson(string text)
    {
        try
        {
            var node = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = true });
            // Escapes that are no text show only when they are read.
            _ = node is null || Readable(node);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Readable(JsonNode node) => node switch
    {
        JsonObject o => o.All(p => p.Value is null || Readable(p.Value)),
        JsonArray a => a.All(v => v is null || Readable(v)),
        _ => node.GetValueKind() != JsonValueKind.String || node.GetValue<string>() is not null,
    };

    private static Gen<JsonNode?> Trees(int depth)
    {
        var leaf = Gen.OneOf(
            Texts.Select(t => (JsonNode?)JsonValue.Create(t)),
            Gen.Choose(-1000, 1000).Select(n => (JsonNode?)JsonValue.Create(n)),
            Gen.Choose(-1000, 1000).Select(n => (JsonNode?)JsonValue.Create(n / 7.0)),
            Gen.Elements<JsonNode?>(JsonValue.Create(true), JsonValue.Create(false), null).Select(v => v?.DeepClone()));
        if (depth == 0)
            return leaf;
        var below = Trees(depth - 1);
        return Gen.OneOf(
            leaf,
            Some(below).Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())])),
            Some(Gen.Zip(Texts, below)).Select(pairs => (JsonNode?)new JsonObject(
                pairs.DistinctBy(p => p.Item1).Select(p => KeyValuePair.Create(p.Item1, p.Item2?.DeepClone())))));
    }

    private static Gen<List<T>> Some<T>(Gen<T> items) => Gen.Choose(0, 4).SelectMany(n => items.ListOf(n)).Select(l => l.ToList());

    private static string Clean(string? text) => string.Concat((text ?? "").EnumerateRunes());

    private Redaction Redact(string json, RedactionRules rules, out string redacted)
    {
        var output = new RecordBuffer();
        var result = JsonRedactor.Write(Encoding.UTF8.GetBytes(json), rules, salt, output);
        output.EndRecord();
        redacted = Encoding.UTF8.GetString(output.First);
        return result;
    }

    private void AssertHidden(JsonNode? before, JsonNode? after)
    {
        switch (before)
        {
            case JsonObject o:
                var other = Assert.IsType<JsonObject>(after);
                Assert.Equal(o.Select(p => p.Key), other.Select(p => p.Key));
                foreach (var (name, value) in o)
                    AssertHidden(value, other[name]);
                break;
            case JsonArray a:
                var items = Assert.IsType<JsonArray>(after);
                Assert.Equal(a.Count, items.Count);
                for (var i = 0; i < a.Count; i++)
                    AssertHidden(a[i], items[i]);
                break;
            default:
                Assert.Equal(Expected(before), after?.ToJsonString());
                break;
        }
    }

    private string? Expected(JsonNode? leaf) => leaf?.GetValueKind() switch
    {
        null => null,
        JsonValueKind.String => $"\"{salt.Hash(Encoding.UTF8.GetBytes(leaf.GetValue<string>()))}\"",
        JsonValueKind.Number => string.Create(CultureInfo.InvariantCulture, $"\"{salt.Hash(Encoding.UTF8.GetBytes(leaf.ToJsonString()))}\""),
        _ => leaf.ToJsonString(),
    };
}
