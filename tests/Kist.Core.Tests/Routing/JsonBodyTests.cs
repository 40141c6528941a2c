using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Routing;

namespace Kist.Core.Tests.Routing;

public sealed class JsonBodyTests
{
    [Theory]
    [InlineData("")]
    [InlineData("  \r\n\t")]
    [InlineData("{}")]
    [InlineData("{\"a\":1,\"b\":{\"a\":[1,{\"a\":null}]}}")]
    [InlineData("{\"a\":\"\\ud83d\\ude00\"}")]
    public void Objects_and_nothing_are_accepted(string text) => Assert.True(Check(text).Succeeded);

    [Theory]
    [InlineData("[1]", "must be a JSON object")]
    [InlineData("\"text\"", "must be a JSON object")]
    [InlineData("null", "must be a JSON object")]
    [InlineData("{\"a\":1,\"a\":2}", "the key \"a\" twice")]
    [InlineData("{\"x\":{\"a\":1,\"\\u0061\":2}}", "the key \"a\" twice")]
    [InlineData("{\"a\":1", "not valid JSON at line 1")]
    [InlineData("{\"a\":[{\"b\":1}", "not valid JSON at line 1")]
    [InlineData("{\"a\":1}{}", "line 1")]
    [InlineData("{\"a\":1,}", "line 1")]
    [InlineData("{\"a\":\"\\ud800\"}", "invalid \\u escape")]
    [InlineData("{\"\\udc00\":1}", "invalid \\u escape")]
    [InlineData("{\"a\":01}", "line 1")]
    [InlineData("{\"a\":NaN}", "line 1")]
    public void Anything_else_is_refused_with_a_reason(string text, string reason)
    {
        var outcome = Check(text);
        Assert.False(outcome.Succeeded);
        Assert.Equal(FailureKind.Invalid, outcome.Failure.Kind);
        Assert.Contains(reason, outcome.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Depth_is_bounded()
    {
        Assert.True(Check(Nested(64)).Succeeded);
        Assert.True(Check($"{{\"a\":{new string('[', 63)}{new string(']', 63)}}}").Succeeded);
        Assert.Contains("deeper", Check(Nested(65)).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("deeper", Check($"{{\"a\":{new string('[', 64)}{new string(']', 64)}}}").Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("deeper", Check(Nested(1_000_000)).Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_of_an_object_are_bounded()
    {
        Assert.Equal(JsonBody.MostMembers, Check(Members(JsonBody.MostMembers)).Value.Members.Count);
        Assert.Contains("more than 65536 members", Check(Members(JsonBody.MostMembers + 1)).Failure!.Message, StringComparison.Ordinal);
        Assert.True(Check($"{{\"a\":{Members(40_000)},\"b\":{Members(40_000)}}}").Succeeded);
        Assert.Contains("members", Check($"{{\"a\":[{Members(JsonBody.MostMembers + 1)}]}}").Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_and_values_of_a_body_are_bounded()
    {
        // Two brackets of the object and two of the array, and the name.
        Assert.True(Check(Array(JsonBody.MostTokens - 5)).Succeeded);
        var failure = Check(Array(JsonBody.MostTokens - 4)).Failure!;
        Assert.Equal((FailureKind.Invalid, "request.invalid_body"), (failure.Kind, failure.Code));
        Assert.Contains("1000000", failure.Message, StringComparison.Ordinal);
        Assert.Equal(FailureKind.Invalid, Check(string.Concat(Enumerable.Repeat("{\"aaaa\":1,\"b\":", 100))).Failure!.Kind);

        static string Array(int items) => $"{{\"a\":[{string.Join(',', Enumerable.Repeat('1', items))}]}}";
    }

    // What a stranger's body of 32 MiB once became, in strings and sets.
    [Theory]
    [InlineData("{}")]
    [InlineData("{\"aaaa\":1}")]
    [InlineData("{\"a\":1,\"b\":{\"c\":2}}")]
    [InlineData("{\"\\u0061\":\"\\u0062\"}")]
    [InlineData("\"\\n\"")]
    public void Nothing_is_allocated_for_what_stands_below_the_top(string item)
    {
        var body = Encoding.UTF8.GetBytes($"{{\"a\":[{string.Join(',', Enumerable.Repeat(item, 50_000))}]}}");
        Assert.True(JsonBody.Check(body).Succeeded);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(JsonBody.Check(body).Succeeded);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 * 1024);
    }

    [Fact]
    public void Key_twice_is_found_wherever_and_however_it_is_written()
    {
        var names =
            from count in Gen.Choose(0, 30)
            from keys in Gen.Elements("a", "b", "ab", "", "ä", "😀", "\"", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8").ListOf(count)
            from escaped in ArbMap.Default.GeneratorFor<bool>().ListOf(count)
            from nested in ArbMap.Default.GeneratorFor<bool>()
            select (Keys: keys.ToList(), Escaped: escaped.ToList(), Nested: nested);
        Prop.ForAll(Arb.From(names), n =>
        {
            var members = n.Keys.Select((key, i) => $"{(n.Escaped[i] ? Escape(key) : Plain(key))}:{{\"a\":[{{\"a\":1}}],\"b\":1}}");
            var text = $"{{{string.Join(',', members)}}}";
            var outcome = Check(n.Nested ? $"{{\"a\":[1,{text}]}}" : text);
            Assert.Equal(n.Keys.Distinct(StringComparer.Ordinal).Count() == n.Keys.Count, outcome.Succeeded);
            if (!outcome.Succeeded)
            {
                var twice = n.Keys.GroupBy(k => k).Where(g => g.Count() > 1).Select(g => $"the key \"{g.Key}\" twice");
                Assert.Contains(twice, words => outcome.Failure.Message.Contains(words, StringComparison.Ordinal));
            }
            else if (!n.Nested)
                Assert.Equal(n.Keys, outcome.Value.Members.Select(m => m.Name));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

        static string Plain(string key) => $"\"{key.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        static string Escape(string key) => $"\"{string.Concat(key.Select(c => $"\\u{(int)c:x4}"))}\"";
    }

    [Fact]
    public void Long_key_twice_is_named_by_its_beginning()
    {
        var key = new string('x', 63) + "😀" + new string('y', 1_000_000);
        var message = Check($"{{\"{key}\":1,\"{key}\":2}}").Failure!.Message;
        Assert.Contains(new string('x', 63) + "…\" twice", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_is_refused() =>
        Assert.Contains("UTF-8", JsonBody.Check(new byte[] { (byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}' }).Failure!.Message, StringComparison.Ordinal);

    [Fact]
    public void Members_are_the_exact_bytes_of_their_values()
    {
        var members = Check("{ \"a\" : 1.50 , \"b\":[ {\"c\": 2} ], \"d\":\"x\\n\" }").Value.Members;
        Assert.Equal(
            ["a=1.50", "b=[ {\"c\": 2} ]", "d=\"x\\n\""],
            members.Select(m => $"{m.Name}={Encoding.UTF8.GetString(m.Value.Span)}"));
    }

    [Fact]
    public void Garbage_is_refused_and_never_throws()
    {
        var pieces = Gen.Elements("{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u12\"", "1", "-", "null", "\u00e9", "\"", "\\", " ", "1e9", "\0");
        var texts = pieces.ArrayOf().Select(string.Concat).ToArbitrary();
        Prop.ForAll(texts, text =>
        {
            var outcome = Check(text);
            return outcome.Succeeded || outcome.Failure.Kind == FailureKind.Invalid;
        }).QuickCheckThrowOnFailure();
        var bytes = ArbMap.Default.ArbFor<byte[]>();
        Prop.ForAll(bytes, raw => JsonBody.Check(raw).Failure is null or { Kind: FailureKind.Invalid }).QuickCheckThrowOnFailure();
    }

    private static string Members(int count) => $"{{{string.Join(',', Enumerable.Range(0, count).Select(i => $"\"k{i}\":1"))}}}";

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

    private static Outcome<JsonBody> Check(string text) => JsonBody.Check(Encoding.UTF8.GetBytes(text));
}
