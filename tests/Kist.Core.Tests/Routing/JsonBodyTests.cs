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
    [InlineData("{\"a\":1", "line 1")]
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
        Assert.True(Check(Nested(63)).Succeeded);
        Assert.Contains("deeper", Check(Nested(65)).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("deeper", Check(Nested(1_000_000)).Failure!.Message, StringComparison.Ordinal);
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

    private static string Nested(int depth) => string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);

    private static Outcome<JsonBody> Check(string text) => JsonBody.Check(Encoding.UTF8.GetBytes(text));
}
