using System.Text;
using Kist.Engines.Kv.V2.Stored;

namespace Kist.Engines.Tests.Kv.V2.Stored;

public sealed class VersionEntryTests
{
    private static readonly DateTimeOffset Created = new(2026, 1, 31, 12, 30, 45, TimeSpan.Zero);

    // Bytes that a released program may have written: they never change.
    public static TheoryData<string, string> Golden => new()
    {
        { "live", "0100" + "08de60c48e460880" + "0000000000000000" + "7b2261223a317d" },
        { "deleted", "0102" + "08de60c48e460880" + "08de60c48ede9f00" + "7b2261223a317d" },
        { "destroyed", "0103" + "08de60c48e460880" + "08de60c48ede9f00" },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Has_the_agreed_bytes(string name, string hex)
    {
        var entry = Entry(name);
        Assert.Equal(hex, Convert.ToHexStringLower(entry.ToBytes()));

        var parsed = VersionEntry.Parse(Convert.FromHexString(hex));
        Assert.Equal(entry with { Data = default }, parsed with { Data = default });
        Assert.Equal(entry.Data.ToArray(), parsed.Data.ToArray());
    }

    [Fact]
    public void Cuts_the_data_out_without_copying()
    {
        var stored = Entry("live").ToBytes();
        var data = VersionEntry.Parse(stored).Data;
        stored[^1] = (byte)'!';
        Assert.Equal((byte)'!', data.Span[^1]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0100" + "08de60c48e460880" + "00000000000000")]
    [InlineData("0200" + "08de60c48e460880" + "0000000000000000")]
    public void Refuses_another_layout(string hex) => Assert.Throws<InvalidDataException>(() => VersionEntry.Parse(Convert.FromHexString(hex)));

    [Fact]
    public void Is_gone_from_the_moment_of_its_deletion_time()
    {
        var entry = Entry("deleted");
        Assert.False(entry.IsGone(entry.Deletion!.Value - TimeSpan.FromTicks(1)));
        Assert.True(entry.IsGone(entry.Deletion.Value));
        Assert.False(Entry("live").IsGone(DateTimeOffset.MaxValue));
        Assert.True((Entry("live") with { Destroyed = true }).IsGone(DateTimeOffset.MinValue));
    }

    [Fact]
    public void Prints_no_data() => Assert.DoesNotContain("\"a\"", Entry("live").ToString(), StringComparison.Ordinal);

    private static VersionEntry Entry(string name) => name switch
    {
        "live" => new(Created, null, false, Encoding.UTF8.GetBytes("""{"a":1}""")),
        "deleted" => new(Created, Created.AddSeconds(1), false, Encoding.UTF8.GetBytes("""{"a":1}""")),
        _ => new(Created, Created.AddSeconds(1), true, default),
    };
}
