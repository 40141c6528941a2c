using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Kist.Kubernetes.Etcd;

namespace Kist.Kubernetes.Tests.Etcd;

public sealed class SearchPatternsTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Arbitrary<byte[]> Values =
        Arb.From(ArbMap.Default.GeneratorFor<byte[]>().Where(v => v.Length >= SearchPatterns.LeastBytes));

    [Fact]
    public void Value_is_found_in_base64_of_something_longer_whatever_stands_around_it() =>
        Prop.ForAll(Values, ArbMap.Default.ArbFor<byte[]>(), ArbMap.Default.ArbFor<byte[]>(), (value, before, after) =>
        {
            using var patterns = new SearchPatterns(value);
            var encoded = Convert.ToBase64String([.. before, .. value, .. after]);
            var url = encoded.Replace('+', '-').Replace('/', '_').TrimEnd('=');
            return patterns.In(Encoding.ASCII.GetBytes(encoded)).HasFlag(ValueForms.Base64) && patterns.In(Encoding.ASCII.GetBytes(url)).HasFlag(ValueForms.Base64);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Value_is_found_as_it_is() =>
        Prop.ForAll(Values, ArbMap.Default.ArbFor<byte[]>(), (value, around) =>
        {
            using var patterns = new SearchPatterns(value);
            return patterns.In([.. around, .. value, .. around]).HasFlag(ValueForms.Raw);
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Text_is_found_in_its_other_encoding_too()
    {
        const string Text = "TEST-ONLY-wide";
        using var patterns = new SearchPatterns(Encoding.UTF8.GetBytes(Text), Encoding.Unicode.GetBytes(Text));
        byte[] stored = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Text + "\r\n")];
        Assert.Equal(ValueForms.Raw, patterns.In(stored));
        Assert.Equal(ValueForms.Base64, patterns.In(Encoding.ASCII.GetBytes(Convert.ToBase64String(stored))));
        Assert.Equal(ValueForms.Raw, patterns.In(Encoding.UTF8.GetBytes(Text)));
    }

    [Theory]
    [InlineData("line one\nline \"two\"\\")]
    [InlineData("tab\tand\rreturn")]
    public void Text_is_found_within_json(string value)
    {
        using var patterns = new SearchPatterns(Encoding.UTF8.GetBytes(value));
        var json = JsonSerializer.Serialize(new { v = "before " + value }, Relaxed);
        Assert.Equal(ValueForms.Json, patterns.In(Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void Text_is_found_within_json_as_go_writes_it()
    {
        using var patterns = new SearchPatterns("user=<a>&b"u8);
        Assert.Equal(ValueForms.Json, patterns.In("""{"url":"user=\u003ca\u003e\u0026b"}"""u8));
    }

    // Go, Python, PHP, PHP with raw text, .NET, Gson, and Jackson where it writes ASCII alone.
    [Theory]
    [InlineData(@"ä\""s/s\u003cw\u003e=\u0007")]
    [InlineData(@"\u00e4\""s/s<w>=\u0007")]
    [InlineData(@"\u00e4\""s\/s<w>=\u0007")]
    [InlineData(@"ä\""s\/s<w>=\u0007")]
    [InlineData(@"\u00E4\u0022s/s\u003Cw\u003E=\u0007")]
    [InlineData(@"ä\""s/s\u003cw\u003e\u003d\u0007")]
    [InlineData(@"\u00E4\""s/s<w>=\u0007")]
    public void Text_is_found_within_json_of_whatever_wrote_it_and_in_base64_of_that(string written)
    {
        using var patterns = new SearchPatterns("ä\"s/s<w>=\a"u8);
        var json = $"{{\"password\":\"x{written}x\"}}";
        Assert.Equal(ValueForms.Json, patterns.In(Encoding.UTF8.GetBytes(json)));
        for (var before = 0; before < 3; before++)
        {
            var encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(new string(' ', before) + json));
            Assert.Equal(ValueForms.Json | ValueForms.Base64, patterns.In(Encoding.ASCII.GetBytes(encoded)));
        }
    }

    [Fact]
    public void Text_is_found_as_the_default_encoder_of_dotnet_writes_it_whatever_it_holds() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>().Filter(t => t is not null && Encoding.UTF8.GetByteCount(t) >= SearchPatterns.LeastBytes), text =>
        {
            using var patterns = new SearchPatterns(Encoding.UTF8.GetBytes(text));
            // What is no text is replaced on the way to both.
            var json = JsonSerializer.Serialize(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)));
            return patterns.In(Encoding.UTF8.GetBytes(json)) != ValueForms.None;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Text_is_found_in_the_copy_that_kubectl_keeps_within_an_object_that_is_json()
    {
        using var patterns = new SearchPatterns("pass\"word<1>"u8);
        Assert.Equal(ValueForms.Json, patterns.In(@"{""last-applied"":""{\""spec\"":\""pass\\\""word\\u003c1\\u003e\""}\n""}"u8));
    }

    [Fact]
    public void Forms_of_a_long_value_are_few_and_those_of_a_short_one_bounded()
    {
        using var shorter = new SearchPatterns(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ä\"/<\f\u2028\u007f", 100))));
        Assert.InRange(shorter.All.Count, 50, 110);
        using var longer = new SearchPatterns(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ä\"/<\f\u2028\u007f", 10_000))));
        Assert.InRange(longer.All.Count, 7, 11);
    }

    [Fact]
    public void Something_else_is_not_found()
    {
        using var patterns = new SearchPatterns("secret-value"u8);
        Assert.Equal(ValueForms.None, patterns.In("secret-valu secret_value c2VjcmV0LXZhbHV"u8));
        Assert.Equal("[redacted]", patterns.ToString());
    }

    [Fact]
    public void Too_short_a_value_is_refused() => Assert.Throws<ArgumentException>(() => new SearchPatterns("12345"u8));
}
