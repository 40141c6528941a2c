using System.Text;
using Kist.Wire.Http;

namespace Kist.Wire.Tests.Http;

/// <summary>Escapes in request targets.</summary>
public sealed class PercentEncodingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("secret/data/a+b", "secret/data/a+b")]
    [InlineData("a%20b%2Fc", "a b/c")]
    [InlineData("%c3%A4", "ä")]
    [InlineData("%2541", "%41")]
    public void Text_is_decoded_once(string raw, string text)
    {
        Assert.True(PercentEncoding.TryDecode(raw, out var decoded));
        Assert.Equal(text, decoded);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("a%4")]
    [InlineData("%zz")]
    [InlineData("% 1")]
    [InlineData("%+1")]
    [InlineData("%c3")]
    [InlineData("%ff")]
    [InlineData("%c0%af")]
    [InlineData("ä")]
    public void What_is_no_escape_or_no_text_is_refused(string raw)
    {
        Assert.False(PercentEncoding.TryDecode(raw, out var decoded));
        Assert.Empty(decoded);
    }

    [Fact]
    public void Generated_text_comes_back()
    {
        var random = new Random(5);
        for (var round = 0; round < 2_000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => new Rune(random.Next(1, 0xd7ff)).ToString()));
            Assert.True(PercentEncoding.TryDecode(Uri.EscapeDataString(text), out var decoded));
            Assert.Equal(text, decoded);
        }
    }
}
