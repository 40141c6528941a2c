using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Kist.Wire.Cron;

namespace Kist.Wire.Tests.Cron;

public sealed class CronScheduleTests
{
    // 2026-07-01 is a Wednesday.
    [Theory]
    [InlineData("* * * * *", "2026-07-01T10:20:00Z", "2026-07-01T10:21:00Z")]
    [InlineData("* * * * *", "2026-07-01T10:20:59.9999999Z", "2026-07-01T10:21:00Z")]
    [InlineData("* * * * *", "2026-12-31T23:59:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("*/15 * * * *", "2026-07-01T10:20:00Z", "2026-07-01T10:30:00Z")]
    [InlineData("5/15 * * * *", "2026-07-01T10:20:00Z", "2026-07-01T10:35:00Z")]
    [InlineData("5/15 * * * *", "2026-07-01T10:50:00Z", "2026-07-01T11:05:00Z")]
    [InlineData("10-40/10 * * * *", "2026-07-01T10:40:00Z", "2026-07-01T11:10:00Z")]
    [InlineData("0 3 * * *", "2026-07-01T03:00:00Z", "2026-07-02T03:00:00Z")]
    [InlineData("0 3 * * *", "2026-07-01T04:59:00+02:00", "2026-07-01T03:00:00Z")]
    [InlineData("30 2,14 * * *", "2026-07-01T02:31:00Z", "2026-07-01T14:30:00Z")]
    [InlineData("0 0 1 * *", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z")]
    [InlineData("0 0 31 * *", "2026-08-31T00:00:00Z", "2026-10-31T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-07-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("0 9 * * MON-FRI", "2026-07-03T09:00:00Z", "2026-07-06T09:00:00Z")]
    [InlineData("0 9 * * 7", "2026-07-01T00:00:00Z", "2026-07-05T09:00:00Z")]
    [InlineData("0 9 * * fri-7", "2026-07-04T09:00:00Z", "2026-07-05T09:00:00Z")]
    [InlineData("0 9 * * FRI-SUN", "2026-07-04T09:00:00Z", "2026-07-05T09:00:00Z")]
    [InlineData("0 9 * * SUN-SUN", "2026-07-01T09:00:00Z", "2026-07-05T09:00:00Z")]
    [InlineData("0 9 * * 5/1", "2026-07-04T09:00:00Z", "2026-07-10T09:00:00Z")]
    [InlineData("0 0 * jan,Jul *", "2026-07-31T12:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData(" 0\t0  1 1 * ", "2026-07-31T12:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@yearly", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@annually", "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@monthly", "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z")]
    [InlineData("@weekly", "2026-07-01T00:00:00Z", "2026-07-05T00:00:00Z")]
    [InlineData("@daily", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z")]
    [InlineData("@Midnight", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z")]
    [InlineData("@hourly", "2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z")]
    public void The_next_moment_is_the_first_that_the_schedule_names(string text, string after, string next) =>
        Assert.Equal(Moment(next), Parse(text).Next(Moment(after)));

    // The 13th, or a Friday, whichever comes first; and with a star both must hold.
    [Theory]
    [InlineData("0 0 13 * FRI", "2026-07-10T00:00:00Z", "2026-07-13T00:00:00Z")]
    [InlineData("0 0 13 * FRI", "2026-07-13T00:00:00Z", "2026-07-17T00:00:00Z")]
    [InlineData("0 0 13 * *", "2026-07-10T00:00:00Z", "2026-07-13T00:00:00Z")]
    [InlineData("0 0 * * FRI", "2026-07-10T00:00:00Z", "2026-07-17T00:00:00Z")]
    [InlineData("0 0 */2 * FRI", "2026-07-03T00:00:00Z", "2026-07-17T00:00:00Z")]
    [InlineData("0 0 30 2 MON", "2026-02-02T00:00:00Z", "2026-02-09T00:00:00Z")]
    public void Days_of_the_month_and_of_the_week_add_up_when_both_are_restricted(string text, string after, string next) =>
        Assert.Equal(Moment(next), Parse(text).Next(Moment(after)));

    [Theory]
    [InlineData("", "five fields")]
    [InlineData("* * * *", "not 4")]
    [InlineData("* * * * * *", "not 6")]
    [InlineData("@reboot", "unknown name")]
    [InlineData("@", "unknown name")]
    [InlineData("60 * * * *", "minute")]
    [InlineData("-1 * * * *", "minute")]
    [InlineData("+1 * * * *", "minute")]
    [InlineData("1- * * * *", "minute")]
    [InlineData("1-2-3 * * * *", "minute")]
    [InlineData("5-1 * * * *", "ends before it begins")]
    [InlineData("*/0 * * * *", "step")]
    [InlineData("*/60 * * * *", "step")]
    [InlineData("*/ * * * *", "step")]
    [InlineData("*/5/5 * * * *", "step")]
    [InlineData("1,,2 * * * *", "minute")]
    [InlineData(", * * * *", "minute")]
    [InlineData("** * * * *", "minute")]
    [InlineData("*-5 * * * *", "minute")]
    [InlineData("MON * * * *", "minute")]
    [InlineData("001 * * * *", "minute")]
    [InlineData("٣ * * * *", "minute")]
    [InlineData("* 24 * * *", "hour")]
    [InlineData("* * 0 * *", "day of the month")]
    [InlineData("* * 32 * *", "day of the month")]
    [InlineData("* * * 0 *", "month")]
    [InlineData("* * * 13 *", "month")]
    [InlineData("* * * MON *", "month")]
    [InlineData("* * * JANUARY *", "month")]
    [InlineData("* * * * 8", "day of the week")]
    [InlineData("* * * * JAN", "day of the week")]
    [InlineData("0 0 30 2 *", "none of the months")]
    [InlineData("0 0 31 2,4,6,9,11 *", "none of the months")]
    [InlineData("0 0 31 4 */2", "none of the months")]
    public void What_is_no_schedule_is_refused_with_its_fault(string text, string told)
    {
        Assert.False(CronSchedule.TryParse(text, out var schedule, out var error));
        Assert.Null(schedule);
        Assert.Contains(told, error);
    }

    [Fact]
    public void Length_and_lists_are_bounded()
    {
        Assert.False(CronSchedule.TryParse(new string(' ', 300) + "* * * * *", out _, out var tooLong));
        Assert.Contains("256 characters", tooLong);
        Assert.False(CronSchedule.TryParse(string.Join(',', Enumerable.Repeat('1', 65)) + " * * * *", out _, out var tooMany));
        Assert.Contains("64 parts", tooMany);
    }

    [Fact]
    public void At_the_end_of_time_there_is_no_next_moment()
    {
        Assert.Null(Parse("* * * * *").Next(DateTimeOffset.MaxValue));
        Assert.Null(Parse("@yearly").Next(Moment("9999-01-01T00:00:00Z")));
        Assert.Equal(Moment("9999-12-31T23:59:00Z"), Parse("* * * * *").Next(Moment("9999-12-31T23:58:00Z")));
    }

    // The rarest day that there is: of all 29ths of February those that fall on one day of the week, across a century without one.
    [Fact]
    public void Rarest_day_is_found()
    {
        for (var weekday = 0; weekday < 7; weekday++)
        {
            // With a star before it the day of the month joins the day of the week by "and".
            var schedule = Parse($"0 0 */28 2 {weekday}");
            for (var after = Moment("1880-01-01T00:00:00Z"); after.Year < 2420; after = after.AddYears(1))
            {
                var next = schedule.Next(after);
                Assert.NotNull(next);
                Assert.True(schedule.Matches(next.Value));
            }
        }
    }

    [Fact]
    public void Next_moment_is_later_and_named_and_nothing_between_is_named() =>
        Prop.ForAll(Schedules().ToArbitrary(), Moments().ToArbitrary(), (text, after) =>
        {
            if (!CronSchedule.TryParse(text, out var schedule, out var error))
                return error.StartsWith("none of the months", StringComparison.Ordinal);
            var next = schedule.Next(after);
            if (next is not { } found || found <= after || found.Offset != TimeSpan.Zero || found.UtcDateTime.Ticks % TimeSpan.TicksPerMinute != 0)
                return false;
            // Three days, minute by minute, by a reading of the fields that knows nothing of sets.
            var end = after.AddDays(3);
            var minute = new DateTimeOffset(after.UtcTicks - after.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero).AddMinutes(1);
            for (; minute <= end && minute < found; minute = minute.AddMinutes(1))
            {
                if (Named(text, minute))
                    return false;
            }
            return Named(text, found) && schedule.Matches(found);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Any_text_is_read_or_refused_without_an_exception() =>
        Prop.ForAll(Gen.Elements("0123456789*/-,@ \tMONJANdaily\0é".ToCharArray()).ListOf().Select(c => new string([.. c])).ToArbitrary(), text =>
        {
            if (CronSchedule.TryParse(text, out var schedule, out var error))
                _ = schedule.Next(Moment("2026-07-01T00:00:00Z"));
            else
                Assert.NotEmpty(error);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static Gen<string> Schedules() =>
        from minute in FieldText(0, 59)
        from hour in FieldText(0, 23)
        from day in FieldText(1, 31)
        from month in Gen.Frequency((3, Gen.Constant("*")), (1, FieldText(1, 12)))
        from weekday in FieldText(0, 6)
        select $"{minute} {hour} {day} {month} {weekday}";

    private static Gen<string> FieldText(int least, int most)
    {
        var number = Gen.Choose(least, most);
        var range = from a in number from b in number select (First: Math.Min(a, b), Last: Math.Max(a, b));
        var part = Gen.OneOf(
            number.Select(n => $"{n}"),
            range.Select(r => $"{r.First}-{r.Last}"),
            from r in range from step in Gen.Choose(1, most) select $"{r.First}-{r.Last}/{step}",
            from step in Gen.Choose(1, most) select $"*/{step}");
        return Gen.Frequency(
            (2, Gen.Constant("*")), (2, part), (1, from a in part from b in part from c in part select $"{a},{b},{c}"));
    }

    private static Gen<DateTimeOffset> Moments() =>
        from seconds in Gen.Choose(0, int.MaxValue)
        from offset in Gen.Choose(-14, 14)
        select DateTimeOffset.FromUnixTimeSeconds(seconds).ToOffset(TimeSpan.FromHours(offset));

    private static bool Named(string text, DateTimeOffset moment)
    {
        var fields = text.Split(' ');
        var day = InField(fields[2], moment.Day, 1, 31);
        var weekday = InField(fields[4], (int)moment.DayOfWeek, 0, 6);
        var days = fields[2][0] == '*' || fields[4][0] == '*' ? day && weekday : day || weekday;
        return InField(fields[0], moment.Minute, 0, 59) && InField(fields[1], moment.Hour, 0, 23) && InField(fields[3], moment.Month, 1, 12) && days;
    }

    private static bool InField(string field, int value, int least, int most) => field.Split(',').Any(part =>
    {
        var halves = part.Split('/');
        var ends = halves[0] == "*" ? [least, most] : halves[0].Split('-').Select(int.Parse).ToArray();
        var step = halves.Length == 1 ? 1 : int.Parse(halves[1], CultureInfo.InvariantCulture);
        return value >= ends[0] && value <= ends[^1] && (value - ends[0]) % step == 0;
    });

    private static CronSchedule Parse(string text)
    {
        Assert.True(CronSchedule.TryParse(text, out var schedule, out var error), error);
        Assert.Equal(text.Trim(), schedule.ToString());
        return schedule;
    }

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
