using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Grpc;

namespace Kist.Wire.Tests.Grpc;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3_000)]
    [InlineData("40m", 40)]
    [InlineData("5000u", 5)]
    [InlineData("6000000n", 6)]
    [InlineData("0S", 0)]
    [InlineData("99999999S", 99_999_999_000)]
    public void Timeout_is_read(string text, long milliseconds)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), timeout);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("1s")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData(" 1S")]
    [InlineData("1 S")]
    [InlineData("1.5S")]
    [InlineData("0x")]
    [InlineData("123456789S")]
    public void Malformed_timeout_is_refused(string text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Fact]
    public void Timeout_of_more_hours_than_a_duration_holds_is_long_and_no_fault()
    {
        Assert.True(GrpcTimeout.TryParse("99999999H", out var timeout));
        Assert.True(timeout > TimeSpan.FromDays(36_000));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Timeout_that_is_over_is_sent_as_the_shortest_and_not_as_none(long ticks) =>
        Assert.Equal("1u", GrpcTimeout.Format(TimeSpan.FromTicks(ticks)));

    [Fact]
    public void Written_timeout_is_read_back_and_never_shortened()
    {
        Prop.ForAll(Arb.From(Gen.Choose(1, int.MaxValue)), Arb.From(Gen.Elements(1L, 1_000L, 1_000_000L)), (amount, scale) =>
        {
            var timeout = TimeSpan.FromTicks(Math.Min(amount * scale, TimeSpan.FromDays(36_500).Ticks));
            var text = GrpcTimeout.Format(timeout);
            // Where eight digits do not do, the next unit has five at least.
            return text.Length <= 9 && GrpcTimeout.TryParse(text, out var read)
                && read >= timeout && read - timeout <= timeout / 90_000 + TimeSpan.FromMicroseconds(1);
        }).QuickCheckThrowOnFailure();
    }
}
