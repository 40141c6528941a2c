using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Kist.Kubernetes.Tests;

public sealed class GoBase64Tests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("AA==", "00")]
    [InlineData("AB==", "00")]
    [InlineData("A\nA\r\n==\n", "00")]
    [InlineData("+/+/", "fbffbf")]
    [InlineData("AAE=", "0001")]
    public void Text_that_go_accepts_is_decoded(string text, string hex)
    {
        using var secret = GoBase64.DecodeSecret(Encoding.ASCII.GetBytes(text));
        Assert.Equal(hex, Convert.ToHexStringLower(secret!.Span));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AA")]
    [InlineData("AA=")]
    [InlineData("AAA")]
    [InlineData("A===")]
    [InlineData("====")]
    [InlineData("AAAA=")]
    [InlineData("AAAA====")]
    [InlineData("AA==AA==")]
    [InlineData("AA =")]
    [InlineData(" AA==")]
    [InlineData("AA==\t")]
    [InlineData("__-_")]
    [InlineData("AAE=A")]
    public void Text_that_go_refuses_is_refused(string text) => Assert.Null(GoBase64.DecodeSecret(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Any_bytes_come_back() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        using var secret = GoBase64.DecodeSecret(Encoding.ASCII.GetBytes(Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)));
        return secret!.Span.SequenceEqual(bytes);
    }).QuickCheckThrowOnFailure();
}
