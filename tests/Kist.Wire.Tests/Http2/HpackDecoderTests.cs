using System.Security.Cryptography;
using System.Text;
using Kist.Wire.Http2;

namespace Kist.Wire.Tests.Http2;

public sealed class HpackDecoderTests
{
    private readonly HpackDecoder decoder = new(65_536);

    // RFC 7541, C.3 and C.4: three requests on one connection, without and with Huffman's code.
    [Theory]
    [InlineData(
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565")]
    [InlineData("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")]
    public void Requests_of_the_standard_are_decoded(string first, string second, string third)
    {
        Assert.Equal(":method=GET :scheme=http :path=/ :authority=www.example.com", Decode(first));
        Assert.Equal(":method=GET :scheme=http :path=/ :authority=www.example.com cache-control=no-cache", Decode(second));
        Assert.Equal(":method=GET :scheme=https :path=/index.html :authority=www.example.com custom-key=custom-value", Decode(third));
    }

    // C.6: Huffman's code with a small table that evicts. The last one needs entries that the first two left.
    [Fact]
    public void A_small_table_evicts_as_the_standard_does()
    {
        const string Resize = "3fe101";
        Assert.StartsWith(":status=302 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT", Decode(
            Resize + "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"));
        Assert.StartsWith(":status=307 cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT", Decode("4883640effc1c0bf"));
        Assert.Contains("set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1", Decode(
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"));
    }

    [Theory]
    [InlineData("80")]
    [InlineData("be")]
    [InlineData("3fe21f88")]
    [InlineData("8220")]
    [InlineData("40")]
    [InlineData("4001")]
    [InlineData("400a61")]
    [InlineData("ffffffffffff")]
    [InlineData("0001610")]
    [InlineData("00016182ffff")]
    [InlineData("0001618100")]
    [InlineData("00016184ffffffff")]
    public void What_no_encoder_writes_is_a_fault(string block) =>
        Assert.False(new HpackDecoder(65_536).TryDecode(Convert.FromHexString(block.Length % 2 == 0 ? block : block + "1"), []));

    [Fact]
    public void A_small_block_that_becomes_large_is_a_fault()
    {
        // An entry of 4,000 bytes, then a byte for each time that it comes again.
        byte[] entry = [0x40, 0x01, (byte)'a', 0x7f, 0xa1, 0x1e, .. new byte[4000]];
        Assert.True(decoder.TryDecode(entry, []));
        Assert.True(decoder.TryDecode([0xbe, 0xbe], []));
        Assert.False(decoder.TryDecode(Enumerable.Repeat((byte)0xbe, 100).ToArray(), []));
    }

    [Fact]
    public void Any_bytes_are_decoded_or_refused()
    {
        for (var i = 0; i < 20_000; i++)
            _ = decoder.TryDecode(RandomNumberGenerator.GetBytes(RandomNumberGenerator.GetInt32(60)), []);
    }

    private string Decode(string block)
    {
        var fields = new List<HpackField>();
        Assert.True(decoder.TryDecode(Convert.FromHexString(block), fields));
        return string.Join(' ', fields.Select(f => $"{Encoding.ASCII.GetString(f.Name.Span)}={Encoding.ASCII.GetString(f.Value.Span)}"));
    }
}
