using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;
using Kist.Client.Agent.Secrets;
using Kist.Client.Agent.Templates;
using Kist.Client.Templates;
using Kist.Client.Tests.Agent.Login;
using Kist.Client.Tests.Agent.Templates;
using Kist.Core.Tests;

namespace Kist.Client.Tests.Agent;

/// <summary>What is due does not follow who sets the clock, and comes after a suspension.</summary>
public sealed class SteadyTimeTests
{
    private const string Login = "PUT auth/userpass/login/ada";
    private const string Renew = "PUT auth/token/renew-self";

    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task Token_is_renewed_and_not_replaced_when_the_clock_is_set(int hours)
    {
        using var world = new AgentWorld();
        var clock = new SetClock(world.Clock);
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 3600)).On(Renew, 200, AgentWorld.Answer("t-1", 3600));
        await using var running = Running.Begin(stop => Keeper(world, clock).RunAsync(once: false, stop));
        await world.UntilAsync(() => world.Token.Current is not null);
        var from = world.Clock.GetUtcNow();
        clock.Set = TimeSpan.FromHours(hours);
        await world.UntilAsync(() => world.Count(Renew) == 2, TimeSpan.FromSeconds(20));
        Assert.InRange((world.Clock.GetUtcNow() - from).TotalSeconds, 2 * 3600 * 0.59, 2 * 3600 * 0.7);
        Assert.Equal(1, world.Count(Login));
    }

    [Fact]
    public async Task Token_is_renewed_within_a_minute_of_a_suspension_in_which_that_was_due()
    {
        using var world = new AgentWorld();
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 86400)).On(Renew, 200, AgentWorld.Answer("t-1", 86400));
        var clock = new SetClock(world.Clock);
        await using var running = Running.Begin(stop => Keeper(world, clock).RunAsync(once: false, stop));
        await world.UntilAsync(() => clock.Timers > 0, TimeSpan.Zero);
        clock.Suspended = TimeSpan.FromHours(20);
        var from = world.Clock.GetUtcNow();
        await world.UntilAsync(() => world.Count(Renew) == 1, TimeSpan.FromSeconds(5));
        Assert.True((world.Clock.GetUtcNow() - from).TotalMinutes < 5);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public async Task Lease_is_renewed_in_time_and_not_fetched_anew_when_the_clock_is_set(int hours)
    {
        using var world = new TemplateWorld();
        var clock = new SetClock(world.Clock);
        world.Server.On("GET database/creds/app", 200, AgentTemplatesTests.Lease("l1", 3600))
            .On("PUT sys/leases/renew", 200, """{"lease_id":"l1","lease_duration":3600,"renewable":true}""");
        await using var templates = Templates(world, clock, """{{ with secret "database/creds/app" }}{{ .Data.user }}{{ end }}""");
        await using var running = Running.Begin(stop => templates.RunAsync(false, stop));
        await world.UntilAsync(() => world.Read("a") == "u-l1");
        var from = world.Clock.GetUtcNow();
        clock.Set = TimeSpan.FromHours(hours);
        await world.UntilAsync(() => world.Server.Count("PUT sys/leases/renew") == 1, TimeSpan.FromSeconds(20));
        Assert.InRange((world.Clock.GetUtcNow() - from).TotalSeconds, 3600 * 0.59, 3600 * 0.7);
        Assert.Equal(1, world.Server.Count("GET database/creds/app"));
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(2)]
    public void Time_of_a_renewal_by_the_wall_clock_is_told_in_steady_time(int hours)
    {
        var manual = new ManualClock();
        var clock = new SetClock(manual);
        var steady = new SteadyTime(clock);
        clock.Set = TimeSpan.FromHours(hours);
        manual.Advance(Day);
        var fetched = new FetchedSecret(Client.Templates.Values.TemplateValue.Of("x"), Refreshing.At) { RefreshAt = clock.GetUtcNow() + Day };
        Assert.Equal(steady.GetUtcNow() + Day, new Schedule(new TemplateOptionsConfig(), steady).DueOf(fetched));
        Assert.Equal(manual.GetUtcNow(), steady.GetUtcNow());
    }

    private static TokenKeeper Keeper(AgentWorld world, TimeProvider clock)
    {
        var config = AgentWorld.Config(new UserpassLoginConfig("ada", world.Folder.File("password", "p")));
        var method = LoginMethods.Create(config, world.Note, world.Connect);
        return new TokenKeeper(config, method, world.Client, world.Token, world.Status, world.Note, clock);
    }

    private static AgentTemplates Templates(TemplateWorld world, TimeProvider clock, string contents) => new(
        [world.To("a", contents)],
        world.Options,
        world.Client,
        world.Token,
        world.Status,
        world.Note,
        new TemplateEnvironment(new Dictionary<string, string>(), clock));

    /// <summary>A clock that somebody sets, on a machine that is suspended: timestamps know nothing of the former, and timers of neither.</summary>
    private sealed class SetClock(ManualClock clock) : TimeProvider
    {
        public TimeSpan Set { get; set; }

        public TimeSpan Suspended { get; set; }

        public int Timers { get; private set; }

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Suspended + Set;

        public override long GetTimestamp() => clock.GetTimestamp() + Suspended.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Timers++;
            return clock.CreateTimer(callback, state, dueTime, period);
        }
    }
}
