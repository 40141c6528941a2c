using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Protobuf;

namespace Kist.Wire.Tests.Protobuf;

public sealed class ProtoTests
{
    [Fact]
    public void Fields_are_written_as_the_specification_shows()
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new ProtoWriter(output);
        writer.WriteNumber(1, 150);
        writer.WriteText(2, "testing");
        writer.WriteBytes(16, []);
        Assert.Equal("089601120774657374696e67820100", Convert.ToHexStringLower(output.WrittenSpan));
        Assert.Equal(9, ProtoWriter.SizeOfBytes(2, 7));
        Assert.Equal(3, ProtoWriter.SizeOfBytes(16, 0));
    }

    [Fact]
    public void Written_fields_are_read_back_with_their_places()
    {
        var cases =
            from field in Gen.Choose(1, (1 << 29) - 1)
            from number in ArbMap.Default.GeneratorFor<ulong>()
            from bytes in ArbMap.Default.GeneratorFor<byte[]>()
            select (field, number, bytes);
        Prop.ForAll(Arb.From(cases), c =>
        {
            var output = new ArrayBufferWriter<byte>();
            var writer = new ProtoWriter(output);
            writer.WriteNumber(c.field, c.number);
            var before = output.WrittenCount;
            writer.WriteBytes(c.field, c.bytes);
            var reader = new ProtoReader(output.WrittenSpan);
            return output.WrittenCount - before == ProtoWriter.SizeOfBytes(c.field, c.bytes.Length)
                && reader.Next() && reader.Field == c.field && reader.Type == ProtoWireType.Varint && reader.Number == c.number
                && reader.Next() && reader.Field == c.field && reader.Bytes.SequenceEqual(c.bytes)
                && output.WrittenSpan[reader.BytesOffset..].SequenceEqual(c.bytes)
                && !reader.Next() && !reader.IsMalformed;
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("08", "a varint without an end")]
    [InlineData("0880808080808080808080", "a varint of eleven bytes")]
    [InlineData("08ffffffffffffffffff02", "a varint beyond 64 bits")]
    [InlineData("00", "field 0")]
    [InlineData("0a05aabb", "fewer bytes than the length")]
    [InlineData("0affffffffffffffffff01", "a length beyond any memory")]
    [InlineData("0901020304", "eight bytes cut short")]
    [InlineData("0d0102", "four bytes cut short")]
    [InlineData("0e00", "wire type 6")]
    [InlineData("0c", "the end of a group that has no start")]
    [InlineData("0b", "a group without an end")]
    [InlineData("0b14", "a group that ends as another one")]
    public void Malformed_message_ends_the_walk(string hex, string what)
    {
        var reader = new ProtoReader(Convert.FromHexString(hex));
        Assert.False(reader.Next(), what);
        Assert.True(reader.IsMalformed, what);
        Assert.False(reader.Next(), what);
    }

    [Fact]
    public void Other_fields_and_groups_are_passed_over()
    {
        const string Message = "0b1001130a0161140c" + "0d01020304" + "090102030405060708" + "08ffffffffffffffffff01" + "12026869";
        var reader = new ProtoReader(Convert.FromHexString(Message));
        Assert.True(reader.NextOf(2, ProtoWireType.Bytes));
        Assert.Equal("hi"u8.ToArray(), reader.Bytes.ToArray());
        Assert.False(reader.NextOf(2, ProtoWireType.Bytes));
        Assert.False(reader.IsMalformed);
    }

    [Fact]
    public void Endless_nesting_of_groups_is_refused()
    {
        var groups = new byte[1_000_000];
        groups.AsSpan().Fill(0x0b);
        var reader = new ProtoReader(groups);
        Assert.False(reader.Next());
        Assert.True(reader.IsMalformed);
    }

    [Fact]
    public void Garbage_is_walked_or_refused() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var reader = new ProtoReader(bytes);
        var steps = 0;
        while (reader.Next())
            steps++;
        return steps <= bytes.Length;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
}
