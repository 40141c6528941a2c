using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Grpc;

public sealed class GrpcTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("no key\r\ngrpc-status: 0", "no key%0D%0Agrpc-status: 0")]
    [InlineData("Schlüssel", "Schl%C3%BCssel")]
    public void Text_is_written_in_percent_form(string text, string encoded) => Assert.Equal(encoded, GrpcText.Encode(text));

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%zz%4", "%zz%4")]
    [InlineData("%41%e4%BD%a0", "A你")]
    [InlineData("%FF", "\uFFFD")]
    [InlineData("ü%20", "ü ")]
    public void Text_of_sloppy_servers_is_read(string encoded, string text) => Assert.Equal(text, GrpcText.Decode(encoded));

    [Fact]
    public void Written_text_is_read_back()
    {
        var texts = Gen.Elements("a", " ", "%", "%41", "\n", "ü", "你", "😀", "\0").ListOf().Select(string.Concat);
        Prop.ForAll(Arb.From(texts), text => GrpcText.Decode(GrpcText.Encode(text)) == text).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Long_text_is_cut_so_that_the_status_fits_into_the_trailers() =>
        Assert.InRange(GrpcText.Encode(new string('ü', 100_000)).Length, 1, 2100);
}
