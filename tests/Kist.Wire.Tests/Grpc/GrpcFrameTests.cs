using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Grpc;

public sealed class GrpcFrameTests
{
    private const int Most = 1000;

    [Fact]
    public async Task Frames_are_read_however_they_arrive()
    {
        var bytes = new[] { "first", "", new string('x', 500) }.SelectMany(text => GrpcFrame.Write(new StringValue { Value = text })).ToArray();
        foreach (var piece in new[] { 1, 2, 3, 7, 1000 })
        {
            using var stream = new PiecewiseStream(bytes, piece);
            Assert.Equal("first", (await NextAsync(stream))!.Value);
            Assert.Equal("", (await NextAsync(stream))!.Value);
            Assert.Equal(500, (await NextAsync(stream))!.Value.Length);
            Assert.Null(await NextAsync(stream));
        }
    }

    [Theory]
    [InlineData("00", GrpcStatusCode.Internal)]
    [InlineData("0000000005", GrpcStatusCode.Internal)]
    [InlineData("00000000050a03", GrpcStatusCode.Internal)]
    [InlineData("0100000000", GrpcStatusCode.Internal)]
    [InlineData("0200000000", GrpcStatusCode.Internal)]
    [InlineData("00000003e9", GrpcStatusCode.ResourceExhausted)]
    [InlineData("00ffffffff", GrpcStatusCode.ResourceExhausted)]
    [InlineData("00000000020a05", GrpcStatusCode.Internal)]
    public async Task Broken_framing_has_a_clear_status(string hex, GrpcStatusCode status)
    {
        using var stream = new MemoryStream(Convert.FromHexString(hex));
        var e = await Assert.ThrowsAsync<GrpcException>(async () => await NextAsync(stream));
        Assert.Equal(status, e.Status);
    }

    [Fact]
    public void Generated_bytes_are_read_or_refused()
    {
        var pieces = Gen.Elements<byte[]>([0], [0, 0, 0, 0, 3], [10, 1, 65], [1], [255], [0, 0, 0, 0, 0], [8, 8, 8], [18, 0]);
        Prop.ForAll(Arb.From(pieces.ListOf().Select(list => list.SelectMany(b => b).ToArray())), bytes =>
        {
            using var stream = new MemoryStream(bytes);
            try
            {
                while (NextAsync(stream).AsTask().GetAwaiter().GetResult() is not null)
                {
                    // Until it ends.
                }
            }
            catch (GrpcException e)
            {
                return e.Status is GrpcStatusCode.Internal or GrpcStatusCode.ResourceExhausted;
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static ValueTask<StringValue?> NextAsync(Stream stream) =>
        GrpcFrame.ReadAsync(stream, new MessageParser<StringValue>(() => new StringValue()), Most, CancellationToken.None);

    /// <summary>Gives a few bytes at a time, as a network may.</summary>
    private sealed class PiecewiseStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
