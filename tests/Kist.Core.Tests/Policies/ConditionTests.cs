using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Kist.Core.Pipeline;
using Kist.Core.Policies;

namespace Kist.Core.Tests.Policies;

public sealed class ConditionTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.255.255.255", true)]
    [InlineData("11.0.0.1", false)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("::ffff:11.0.0.1", false)]
    [InlineData("2001:db8::1", true)]
    [InlineData("2001:db9::1", false)]
    [InlineData("::a01:203", false)]
    [InlineData(null, false)]
    public void Client_must_be_in_one_of_the_networks(string? address, bool granted)
    {
        var acl = Rule("cidrs = [\"10.0.0.0/8\", \"192.0.2.7\", \"2001:db8::/32\"]");
        Assert.Equal(granted ? AclReason.Granted : AclReason.ConditionsNotMet, acl.Ask("a", address: address));
    }

    [Fact]
    public void Unknown_address_is_in_no_network_not_even_in_all()
    {
        var acl = Rule("cidrs = [\"0.0.0.0/0\", \"::/0\"]");
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", address: null));
        Assert.Equal(AclReason.Granted, acl.Ask("a", address: "203.0.113.9"));
        Assert.Equal(AclReason.Granted, acl.Ask("a", address: "2001:db8::9"));
    }

    [Theory]
    [InlineData("2026-12-31T18:00:00Z", "2026-12-31T18:00:00Z", true)]
    [InlineData("2026-12-31T18:00:00Z", "2026-12-31T18:00:01Z", false)]
    [InlineData("2026-12-31T18:00:00+01:00", "2026-12-31T17:00:00Z", true)]
    [InlineData("2026-12-31T18:00:00+01:00", "2026-12-31T17:30:00Z", false)]
    [InlineData("2026-12-31T18:00:00.5Z", "2026-12-31T18:00:00.4Z", true)]
    public void Block_ends_after_its_moment(string notAfter, string now, bool granted)
    {
        Assert.Equal(granted, Rule($"not_after = \"{notAfter}\"").Ask("a", now: At(now)) == AclReason.Granted);
    }

    [Theory]
    [InlineData("2026-07-13T00:00:00Z", true)] // Monday
    [InlineData("2026-07-17T23:59:59Z", true)] // Friday
    [InlineData("2026-07-18T00:00:00Z", false)] // Saturday
    [InlineData("2026-07-19T12:00:00Z", true)] // Sunday
    public void Days_are_names_or_ranges(string now, bool granted)
    {
        Assert.Equal(granted, Rule("days = [\"mon-fri\", \"sun\"]").Ask("a", now: At(now)) == AclReason.Granted);
    }

    [Fact]
    public void Range_of_days_may_cross_the_week_end()
    {
        var acl = Rule("days = [\"fri-mon\"]");
        var granted = Enumerable.Range(13, 7).Where(day => acl.Ask("a", now: At($"2026-07-{day}T12:00:00Z")) == AclReason.Granted);
        Assert.Equal([13, 17, 18, 19], granted);
    }

    [Theory]
    [InlineData("07:59:59", false)]
    [InlineData("08:00:00", true)]
    [InlineData("17:59:59", true)]
    [InlineData("18:00:00", false)]
    public void Hours_start_inclusive_and_end_exclusive(string time, bool granted)
    {
        Assert.Equal(granted, Rule("hours = \"08:00-18:00\"").Ask("a", now: At($"2026-07-15T{time}Z")) == AclReason.Granted);
    }

    [Theory]
    [InlineData("2026-07-17T21:59:59Z", false)] // Friday evening
    [InlineData("2026-07-17T22:00:00Z", true)]
    [InlineData("2026-07-18T05:59:59Z", true)] // Saturday morning: Friday's window
    [InlineData("2026-07-18T06:00:00Z", false)]
    [InlineData("2026-07-18T23:00:00Z", false)] // Saturday evening
    [InlineData("2026-07-17T03:00:00Z", false)] // Friday morning: Thursday's window
    public void Hours_across_midnight_belong_to_the_day_on_which_they_start(string now, bool granted)
    {
        Assert.Equal(granted, Rule("days = [\"fri\"]\nhours = \"22:00-06:00\"").Ask("a", now: At(now)) == AclReason.Granted);
    }

    [Fact]
    public void Hours_until_24_00_last_to_midnight()
    {
        var acl = Rule("days = [\"wed\"]\nhours = [\"00:00-01:00\", \"23:00-24:00\"]");
        Assert.Equal(AclReason.Granted, acl.Ask("a", now: At("2026-07-15T00:30:00Z")));
        Assert.Equal(AclReason.Granted, acl.Ask("a", now: At("2026-07-15T23:59:59Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", now: At("2026-07-16T00:00:00Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", now: At("2026-07-15T12:00:00Z")));
    }

    // Berlin goes to summer time on 2026-03-29 at 02:00 (01:00 UTC) and back on 2026-10-25 at 03:00 (01:00 UTC).
    [Theory]
    [InlineData("08:00-18:00", "2026-03-28T07:00:00Z", true)] // winter: 08:00
    [InlineData("08:00-18:00", "2026-03-28T06:30:00Z", false)]
    [InlineData("08:00-18:00", "2026-03-30T06:00:00Z", true)] // summer: 08:00
    [InlineData("08:00-18:00", "2026-03-30T16:00:00Z", false)] // summer: 18:00
    [InlineData("02:00-03:00", "2026-03-29T00:59:59Z", false)] // 01:59:59, then the clock jumps over the window
    [InlineData("02:00-03:00", "2026-03-29T01:00:00Z", false)] // 03:00
    [InlineData("02:00-03:00", "2026-10-25T00:30:00Z", true)] // 02:30 for the first time
    [InlineData("02:00-03:00", "2026-10-25T01:30:00Z", true)] // 02:30 again
    [InlineData("02:00-03:00", "2026-10-25T02:00:00Z", false)] // 03:00
    [InlineData("01:30-02:30", "2026-03-29T00:45:00Z", true)] // 01:45
    [InlineData("01:30-02:30", "2026-03-29T01:00:00Z", false)] // 03:00
    public void Hours_follow_the_clock_of_the_time_zone(string hours, string now, bool granted)
    {
        Assert.Equal(granted, Rule($"hours = \"{hours}\"\ntime_zone = \"Europe/Berlin\"").Ask("a", now: At(now)) == AclReason.Granted);
    }

    [Fact]
    public void Day_is_the_one_of_the_time_zone()
    {
        var acl = Rule("days = [\"thu\"]\ntime_zone = \"Pacific/Auckland\"");
        Assert.Equal(AclReason.Granted, acl.Ask("a", now: At("2026-07-15T12:00:00Z"))); // Thursday 00:00 there
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", now: At("2026-07-15T11:59:59Z")));
    }

    [Fact]
    public void Schedule_agrees_with_a_table_of_all_minutes_of_a_week()
    {
        string[] names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        var cases =
            from days in Gen.Elements(Enumerable.Range(0, 7).ToArray()).NonEmptyListOf()
            from start in Gen.Choose(0, 1439)
            from end in Gen.Choose(0, 1440)
            from asked in Gen.Choose(0, 7 * 1440 - 1).ListOf(50)
            where start != end
            select (Days: days.ToHashSet(), Start: start, End: end, Asked: asked);
        static string Clock(int minute) => string.Create(CultureInfo.InvariantCulture, $"{minute / 60:00}:{minute % 60:00}");
        Prop.ForAll(Arb.From(cases), c =>
        {
            var table = new bool[7 * 1440];
            foreach (var day in c.Days)
            {
                for (var minute = c.Start; minute != (c.End > c.Start ? c.End : c.End + 1440); minute++)
                    table[((day * 1440) + minute) % table.Length] = true;
            }
            var days = string.Join(", ", c.Days.Select(d => $"\"{names[d]}\""));
            var acl = Rule($"days = [{days}]\nhours = \"{Clock(c.Start)}-{Clock(c.End)}\"");
            var monday = At("2026-07-13T00:00:00Z");
            return c.Asked.All(minute => acl.Ask("a", now: monday.AddMinutes(minute)) == AclReason.Granted == table[minute]);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void All_conditions_must_hold_together()
    {
        var acl = Rule("cidrs = [\"10.0.0.0/8\"]\ndays = [\"wed\"]\nhours = \"08:00-18:00\"\nnot_after = \"2026-12-31T00:00:00Z\"");
        Assert.Equal(AclReason.Granted, acl.Ask("a", address: "10.0.0.1", now: At("2026-07-15T12:00:00Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", address: "11.0.0.1", now: At("2026-07-15T12:00:00Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", address: "10.0.0.1", now: At("2026-07-16T12:00:00Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", address: "10.0.0.1", now: At("2026-07-15T19:00:00Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", address: "10.0.0.1", now: At("2027-07-14T12:00:00Z")));
    }

    [Fact]
    public void Block_whose_conditions_do_not_hold_still_wins_and_grants_nothing()
    {
        var acl = AclBuilder.Acl(
            "path \"*\" { capabilities = [\"read\", \"update\"] }",
            "path \"prod/*\" { capabilities = [\"read\"] conditions { cidrs = [\"10.0.0.0/8\"] } }");
        Assert.Equal("read", acl.At("prod/a", address: "10.0.0.1"));
        Assert.Equal("deny", acl.At("prod/a", address: "192.0.2.1"));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("prod/a", address: "192.0.2.1"));
        Assert.Equal(AclReason.Granted, acl.Ask("dev/a", address: "192.0.2.1"));
    }

    [Fact]
    public void Each_policy_adds_only_what_its_own_conditions_allow()
    {
        var acl = AclBuilder.Acl(
            "path \"a\" { capabilities = [\"read\"] }",
            "path \"a\" { capabilities = [\"update\", \"sudo\"] conditions { cidrs = [\"10.0.0.0/8\"] } }",
            "path \"a\" { capabilities = [\"delete\"] conditions { days = [\"sat\"] } }");
        Assert.Equal("read", acl.At("a"));
        Assert.Equal("read sudo update", acl.At("a", address: "10.0.0.1"));
        Assert.Equal("delete read", acl.At("a", now: At("2026-07-18T12:00:00Z")));
        Assert.Equal(AclReason.ConditionsNotMet, acl.Ask("a", Operation.Delete));
    }

    [Fact]
    public void Constraints_count_only_with_the_conditions_of_their_block()
    {
        var acl = AclBuilder.Acl(
            "path \"a\" { capabilities = [\"update\"] conditions { cidrs = [\"10.0.0.0/8\"] } }",
            "path \"a\" { capabilities = [\"update\"] allowed_parameters = { x = [] } conditions { cidrs = [\"192.0.2.0/24\"] } }");
        Assert.Equal(AclReason.Granted, acl.Ask("a", Operation.Update, "{\"y\": 1}", address: "10.0.0.1"));
        Assert.Equal(AclReason.Parameters, acl.Ask("a", Operation.Update, "{\"y\": 1}", address: "192.0.2.1"));
    }

    [Fact]
    public void Deny_of_another_policy_wins_over_conditions_that_hold()
    {
        var acl = AclBuilder.Acl("path \"a\" { policy = \"read\" conditions { days = [\"wed\"] } }", "path \"a\" { policy = \"deny\" }");
        Assert.Equal(AclReason.DenyRule, acl.Ask("a"));
    }

    private static Acl Rule(string conditions) => AclBuilder.Acl($"path \"a\" {{\ncapabilities = [\"read\"]\nconditions {{\n{conditions}\n}}\n}}");

    private static DateTimeOffset At(string moment) => DateTimeOffset.Parse(moment, CultureInfo.InvariantCulture);
}
