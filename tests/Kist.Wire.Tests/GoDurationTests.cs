using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace Kist.Wire.Tests;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("90", 90_000)]
    [InlineData("15s", 15_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData(".5s", 500)]
    [InlineData("1d", 86_400_000)]
    [InlineData("1d12h", 129_600_000)]
    [InlineData("250ms", 250)]
    [InlineData("1500us", 1.5)]
    [InlineData("1500µs", 1.5)]
    [InlineData("200ns", 0.0002)]
    [InlineData("-30", -30_000)]
    [InlineData("-1h", -3_600_000)]
    [InlineData("+5m", 300_000)]
    [InlineData("0s", 0)]
    public void Accepted_form_has_its_value(string text, double milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData(".s")]
    [InlineData("h")]
    [InlineData("1x")]
    [InlineData("1.5")]
    [InlineData("1h30")]
    [InlineData("1 h")]
    [InlineData(" 1h")]
    [InlineData("1h ")]
    [InlineData("1H")]
    [InlineData("1.2.3s")]
    [InlineData("--1s")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("99999999999h")]
    [InlineData("9223372037")]
    [InlineData("999999999999999999999999999999999999s")]
    [InlineData("99999999999999999999h")]
    [InlineData("99999999999999999999d")]
    [InlineData("99999999999999999999")]
    [InlineData("-99999999999999999999m")]
    [InlineData("1h99999999999999999999h")]
    public void Malformed_or_too_long_duration_is_refused(string text)
    {
        Assert.False(GoDuration.TryParse(text, out _));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(5_400_000, "1h30m0s")]
    [InlineData(60_000, "1m0s")]
    [InlineData(3_600_000, "1h0m0s")]
    [InlineData(86_400_000, "24h0m0s")]
    [InlineData(1_500, "1.5s")]
    [InlineData(20, "20ms")]
    [InlineData(0.0015, "1.5µs")]
    [InlineData(0.0002, "200ns")]
    [InlineData(-90_000, "-1m30s")]
    public void Format_is_the_one_Go_prints(double milliseconds, string text)
    {
        Assert.Equal(text, GoDuration.Format(TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond))));
    }

    [Fact]
    public void Largest_and_smallest_durations_of_Go_are_accepted()
    {
        Assert.True(GoDuration.TryParse("2562047h47m16.8547758s", out var largest));
        Assert.Equal(long.MaxValue / 100, largest.Ticks);
        Assert.True(GoDuration.TryParse("-2562047h47m16.8547758s", out var smallest));
        Assert.Equal(-largest, smallest);
    }

    [Fact]
    public void Formatted_duration_parses_to_the_same_value()
    {
        var ticksOfAnySize =
            from number in ArbMap.Default.GeneratorFor<long>()
            from shift in Gen.Choose(0, 62)
            select (number << shift) % (long.MaxValue / 100);
        Prop.ForAll(Arb.From(ticksOfAnySize), ticks =>
            GoDuration.TryParse(GoDuration.Format(TimeSpan.FromTicks(ticks)), out var again) && again.Ticks == ticks).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Generated_garbage_never_throws()
    {
        var garbage = Gen.Elements("1", "9", ".", "-", "+", "h", "m", "s", "ms", "µs", "d", "e", " ", "\0", "٣").ListOf().Select(string.Concat);
        var longest = TimeSpan.FromTicks(long.MaxValue / 100);
        Prop.ForAll(Arb.From(garbage), text => !GoDuration.TryParse(text, out var value) || value.Duration() <= longest)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Fact]
    public void Number_of_any_length_with_any_unit_has_its_value_or_is_refused()
    {
        // Nanoseconds of each unit; an empty one is seconds.
        (string Name, long Size)[] units =
        [
            ("", 1_000_000_000), ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
            ("h", 3_600_000_000_000), ("d", 86_400_000_000_000),
        ];
        var digits = Gen.OneOf(Gen.Choose(0, 9).Select(d => (char)('0' + d)), Gen.Elements('0', '9'));
        var numbers =
            from length in Gen.Choose(1, 40)
            from number in digits.ListOf(length).Select(string.Concat)
            from unit in Gen.Elements(units)
            from sign in Gen.Elements("", "-", "+")
            select (number, unit, sign);
        Prop.ForAll(Arb.From(numbers), n =>
        {
            var nanoseconds = BigInteger.Parse(n.number, CultureInfo.InvariantCulture) * n.unit.Size;
            var read = GoDuration.TryParse(n.sign + n.number + n.unit.Name, out var duration);
            Assert.Equal(n.number.Length <= 20 && nanoseconds <= long.MaxValue, read);
            if (read)
                Assert.Equal((n.sign == "-" ? -1 : 1) * nanoseconds / 100, duration.Ticks);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
        Prop.ForAll(Arb.From(numbers), Arb.From(Gen.Choose(0, 40)), (n, at) =>
        {
            _ = GoDuration.TryParse(n.sign + n.number.Insert(Math.Min(at, n.number.Length), ".") + n.unit.Name, out _);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }
}
