using System.Net;
using Kist.Core.Tests;

namespace Kist.Client.Tests;

/// <summary>The rule by which leases are kept.</summary>
public sealed class LeaseTermTests
{
    private readonly ManualClock clock = new();

    [Theory]
    [InlineData(true, 600, 540, 600)]
    [InlineData(false, 810, 729, 810)]
    public void Something_is_to_be_done_in_time_and_not_for_all_at_once(bool isRenewable, int latest, int earliest, int most)
    {
        var dues = Enumerable.Range(0, 200).Select(_ => LeaseTerm.Begin(TimeSpan.FromSeconds(900), isRenewable, clock)).Select(Seconds).ToList();
        Assert.All(dues, due => Assert.InRange(due, earliest, most));
        Assert.True(dues.Distinct().Count() > 10);
        Assert.True(dues.Max() <= latest);
    }

    [Fact]
    public void Share_of_what_cannot_be_renewed_is_the_users()
    {
        var term = LeaseTerm.Begin(TimeSpan.FromSeconds(1000), isRenewable: false, clock, threshold: 0.5);
        Assert.InRange(Seconds(term), 450, 500);
        Assert.False(term.IsToBeRenewed(clock));
    }

    [Theory]
    [InlineData(900, true)]
    [InlineData(450, true)]
    [InlineData(449, false)]
    public void Last_of_a_lease_is_not_fought_for(int granted, bool isRenewable)
    {
        var term = Begin().After(HttpStatusCode.OK, TimeSpan.FromSeconds(granted), clock);
        Assert.Equal((granted, isRenewable), ((int)term.Duration.TotalSeconds, term.IsToBeRenewed(clock)));
    }

    [Theory]
    [InlineData(400, 0)]
    [InlineData(403, 0)]
    [InlineData(404, 0)]
    [InlineData(200, 0)]
    public void What_is_refused_is_given_up_at_once(int status, int granted)
    {
        var term = Begin().After((HttpStatusCode)status, TimeSpan.FromSeconds(granted), clock);
        Assert.Equal((0.0, true, false), (Seconds(term), term.IsOver(clock), term.IsToBeRenewed(clock)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(307)]
    [InlineData(408)]
    [InlineData(412)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public void While_nothing_is_said_of_the_lease_it_is_asked_for_until_its_end(int? status)
    {
        var term = Begin();
        var pauses = new List<double>();
        while (!term.IsOver(clock))
        {
            clock.Advance(TimeSpan.FromSeconds(Seconds(term)));
            if (!term.IsToBeRenewed(clock))
                break;
            term = term.After((HttpStatusCode?)status, TimeSpan.FromSeconds(900), clock);
            pauses.Add(Seconds(term));
        }
        Assert.Equal(900, TimeSpan.FromTicks(clock.GetTimestamp()).TotalSeconds, precision: 3);
        Assert.InRange(pauses[0], 0.7, 1.3);
        Assert.InRange(pauses.Max(), 20, 30);
    }

    [Fact]
    public void After_an_answer_the_first_pause_is_short_again()
    {
        var term = Begin();
        for (var i = 0; i < 10; i++)
            term = term.After(null, TimeSpan.Zero, clock);
        term = term.After(HttpStatusCode.OK, TimeSpan.FromSeconds(900), clock).After(null, TimeSpan.Zero, clock);
        Assert.InRange(Seconds(term), 0.7, 1.3);
    }

    private LeaseTerm Begin() => LeaseTerm.Begin(TimeSpan.FromSeconds(900), isRenewable: true, clock);

    private double Seconds(LeaseTerm term) => clock.Until(term.Due).TotalSeconds;
}
