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
