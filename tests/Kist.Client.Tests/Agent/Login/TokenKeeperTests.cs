using Kist.Client.Agent;
using Kist.Client.Agent.Configuration;
using Kist.Client.Agent.Login;

namespace Kist.Client.Tests.Agent.Login;

public sealed class TokenKeeperTests : IDisposable
{
    private const string Login = "PUT auth/userpass/login/ada";
    private const string Renew = "PUT auth/token/renew-self";
    private const string LookUp = "GET auth/token/lookup-self";
    private const string Revoke = "PUT auth/token/revoke-self";

    private readonly AgentWorld world = new();
    private readonly CancellationTokenSource stop = new();

    public void Dispose()
    {
        stop.Dispose();
        world.Dispose();
    }

    private AutoAuthConfig Config => AgentWorld.Config(new UserpassLoginConfig("ada", world.Folder.File("password", "p")));

    private string? Current => world.Token.Current?.Reveal();

    private AgentPartStatus Part => world.Status.Parts.Single(p => p.Part == TokenKeeper.Part);

    [Fact]
    public async Task Failed_login_is_tried_again_and_told()
    {
        world.Server.Refuse(Login).On(Login, 400, """{"errors":["invalid username or password"]}""").On(Login, 200, AgentWorld.Answer("t-1", 60));
        var running = world.Keeper(Config).RunAsync(once: true, stop.Token);
        await world.UntilAsync(() => world.Count(Login) == 2);
        await world.UntilAsync(() => world.Log.Exists(l => l.Contains("invalid username or password (code 400)", StringComparison.Ordinal)));
        Assert.False(Part.IsGood);
        Assert.Null(Current);
        await world.UntilAsync(() => running.IsCompleted);
        await running;
        Assert.Equal("t-1", Current);
        Assert.True(Part.IsGood);
    }

    [Fact]
    public async Task Server_that_does_not_answer_is_tried_again_within_seconds_however_long_it_is_away()
    {
        world.Server.Refuse(Login);
        var running = world.Keeper(Config).RunAsync(once: true, stop.Token);
        var from = world.Clock.GetUtcNow();
        await world.UntilAsync(() => world.Count(Login) == 12);
        Assert.InRange((world.Clock.GetUtcNow() - from).TotalSeconds, 60, 250);
        await EndAsync(running);
    }

    [Fact]
    public async Task Login_that_is_refused_is_tried_again_with_pauses_up_to_the_configured_one()
    {
        world.Server.On(Login, 400, """{"errors":["no"]}""");
        var running = world.Keeper(Config).RunAsync(once: true, stop.Token);
        var from = world.Clock.GetUtcNow();
        await world.UntilAsync(() => world.Count(Login) == 10);
        Assert.True((world.Clock.GetUtcNow() - from).TotalSeconds > 250);
        await EndAsync(running);
    }

    [Fact]
    public async Task Failed_login_ends_the_agent_when_that_is_configured()
    {
        world.Server.On(Login, 400, """{"errors":["no"]}""");
        await Assert.ThrowsAsync<AgentException>(() => world.Keeper(Config with { ExitOnError = true }).RunAsync(once: false, stop.Token));
    }

    [Fact]
    public async Task Token_is_renewed_before_it_ends()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 60)).On(Renew, 200, AgentWorld.Answer("t-1", 60));
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        var from = world.Clock.GetUtcNow();
        await world.UntilAsync(() => world.Count(Renew) == 3);
        Assert.InRange((world.Clock.GetUtcNow() - from).TotalSeconds, 3 * 60 * 0.6, 3 * 40 + 10);
        Assert.Equal("t-1", world.Server.Last.Header("X-Vault-Token"));
        Assert.Equal(1, world.Count(Login));
        await EndAsync(running);
    }

    [Fact]
    public async Task Agent_logs_in_again_when_the_token_can_last_no_longer()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 60)).On(Login, 200, AgentWorld.Answer("t-2", 60)).On(Renew, 200, AgentWorld.Answer("t-1", 15));
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => Current == "t-2");
        await EndAsync(running);
    }

    [Fact]
    public async Task Token_that_cannot_be_renewed_is_replaced_before_it_ends_and_stands_while_that_fails()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 60, renewable: false)).On(Login, 503, """{"errors":["sealed"]}""")
            .On(Login, 503, """{"errors":["sealed"]}""").On(Login, 200, AgentWorld.Answer("t-2", 600));
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => world.Count(Login) == 3);
        Assert.Equal("t-1", Current);
        await world.UntilAsync(() => Current == "t-2");
        Assert.Equal(0, world.Count(Renew));
        await EndAsync(running);
    }

    [Fact]
    public async Task Refused_renewal_takes_the_token_back_and_logs_in_again()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 60)).On(Login, 200, AgentWorld.Answer("t-2", 600)).On(Renew, 403, """{"errors":["invalid token"]}""");
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => Current == "t-2");
        Assert.Contains(world.Log, l => l.Contains("no longer takes the token", StringComparison.Ordinal));
        await EndAsync(running);
    }

    [Fact]
    public async Task Token_stands_while_the_server_is_away()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 60)).Refuse(Renew).On(Renew, 503, """{"errors":["sealed"]}""").On(Renew, 200, AgentWorld.Answer("t-1", 60));
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => world.Count(Renew) >= 2 && !Part.IsGood);
        Assert.Equal("t-1", Current);
        Assert.True(Part.HasBeenGood);
        await world.UntilAsync(() => Part.IsGood);
        Assert.Equal(1, world.Count(Login));
        await EndAsync(running);
    }

    [Fact]
    public async Task Token_that_another_part_saw_refused_is_looked_up_at_once_and_replaced_when_it_is_gone()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 86400)).On(Login, 200, AgentWorld.Answer("t-2", 86400))
            .On(LookUp, 200, """{"data":{"ttl":80000}}""").On(LookUp, 403, """{"errors":["invalid token"]}""");
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        var known = await world.Token.NextAsync(null, CancellationToken.None);
        // Denied by a policy: the token is good.
        var waiting = world.Token.WaitAsync(known, CancellationToken.None);
        await world.UntilAsync(() => world.Count(LookUp) == 1, TimeSpan.Zero);
        Assert.False(waiting.IsCompleted);
        _ = world.Token.WaitAsync(known, CancellationToken.None);
        Assert.Equal("t-2", (await waiting).Reveal());
        Assert.Equal(0, world.Count(Renew));
        await EndAsync(running);
    }

    [Fact]
    public async Task End_revokes_the_agent_s_own_token()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 60)).On(Revoke, 204);
        var keeper = world.Keeper(Config);
        await keeper.RunAsync(once: true, stop.Token);
        await keeper.EndAsync();
        Assert.Equal(Revoke, world.Server.Last.Line);
        Assert.Equal("t-1", world.Server.Last.Header("X-Vault-Token"));
        Assert.Null(Current);
    }

    [Fact]
    public async Task End_revokes_also_the_token_before_while_it_lasts()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 600)).On(Login, 200, AgentWorld.Answer("t-2", 600))
            .On(Renew, 400, """{"errors":["no more"]}""").On(Revoke, 204, "");
        using var keeper = new CancellationTokenSource();
        var kept = world.Keeper(Config);
        var running = kept.RunAsync(once: false, keeper.Token);
        await world.UntilAsync(() => Current == "t-2");
        await keeper.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await kept.EndAsync();
        Assert.Equal(2, world.Count(Revoke));
        Assert.Null(Current);
    }

    [Fact]
    public async Task Token_that_may_not_be_looked_up_is_not_replaced_over_and_over()
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 3600)).On(Login, 200, AgentWorld.Answer("t-2", 3600)).On(Login, 200, AgentWorld.Answer("t-3", 3600))
            .On(LookUp, 403, """{"errors":["permission denied"]}""");
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => Current == "t-1");
        world.Token.Doubt(world.Token.Current!);
        await world.UntilAsync(() => Current == "t-2");
        world.Token.Doubt(world.Token.Current!);
        await world.UntilAsync(() => world.Log.Exists(l => l.Contains("do not allow auth/token/lookup-self", StringComparison.Ordinal)));
        for (var i = 0; i < 5; i++)
            world.Token.Doubt(world.Token.Current!);
        Assert.Equal(("t-2", 2, 2), (Current, world.Count(Login), world.Count(LookUp)));
        await EndAsync(running);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(412)]
    [InlineData(429)]
    public async Task Server_that_is_busy_says_nothing_of_the_token(int code)
    {
        world.Server.On(Login, 200, AgentWorld.Answer("t-1", 600)).On(Renew, code, """{"errors":["busy"]}""").On(Renew, 200, AgentWorld.Answer("t-1", 600));
        var running = world.Keeper(Config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => world.Count(Renew) == 2);
        Assert.Equal(("t-1", 1), (Current, world.Count(Login)));
        await EndAsync(running);
    }

    [Fact]
    public async Task End_does_not_revoke_a_token_that_somebody_else_made()
    {
        world.Server.On(LookUp, 200, """{"data":{"ttl":120,"renewable":true}}""");
        var keeper = world.Keeper(AgentWorld.Config(new TokenFileLoginConfig(world.Folder.File("token", "t-1"))));
        await keeper.RunAsync(once: true, stop.Token);
        await keeper.EndAsync();
        Assert.Equal(0, world.Count(Revoke));
    }

    [Fact]
    public async Task Wrapped_answer_is_handed_on_unopened()
    {
        world.Server.On(Login, 200, """{"wrap_info":{"token":"w-1","ttl":300}}""");
        var config = Config with { WrapTtl = TimeSpan.FromMinutes(5) };
        var taken = "";
        var keeper = new TokenKeeper(
            config, LoginMethods.Create(config, world.Note, world.Connect), world.Client, world.Token, world.Status, world.Note, world.Clock)
        {
            TakeWrapped = (wrapped, _) =>
            {
                taken = wrapped.Reveal();
                return Task.CompletedTask;
            },
        };
        await keeper.RunAsync(once: true, stop.Token);
        Assert.Equal("5m0s", world.Server.Last.Header("X-Vault-Wrap-TTL"));
        Assert.Equal("""{"token":"w-1","ttl":300}""", taken);
        Assert.Null(Current);
    }

    [Fact]
    public async Task No_message_and_no_status_holds_a_credential_or_a_token()
    {
        world.Server.Refuse(Login).On(Login, 200, AgentWorld.Answer("token-marked", 60)).On(Renew, 403);
        var config = AgentWorld.Config(new UserpassLoginConfig("ada", world.Folder.File("password", "password-marked")));
        var running = world.Keeper(config).RunAsync(once: false, stop.Token);
        await world.UntilAsync(() => world.Count(Login) >= 3);
        await EndAsync(running);
        Assert.DoesNotContain(world.Log, l => l.Contains("marked", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Status.Parts, p => p.ToString().Contains("marked", StringComparison.Ordinal));
    }

    private async Task EndAsync(Task running)
    {
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }
}
