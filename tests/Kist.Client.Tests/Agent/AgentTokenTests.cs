using Kist.Client.Agent;
using Kist.Crypto;

namespace Kist.Client.Tests.Agent;

public sealed class AgentTokenTests
{
    [Fact]
    public async Task Waiting_for_another_token_tells_the_keeper_that_the_known_one_was_refused()
    {
        var token = new AgentToken();
        var first = new SecretText("first");
        token.Set(first);
        var doubt = token.DoubtedAsync(CancellationToken.None);
        Assert.False(doubt.IsCompleted);
        var other = token.WaitAsync(first, CancellationToken.None);
        await doubt;
        token.Set(new SecretText("second"));
        Assert.Equal("second", (await other).Reveal());
        Assert.False(token.DoubtedAsync(CancellationToken.None).IsCompleted);
    }

    [Fact]
    public async Task Waiting_for_the_next_token_is_no_doubt_in_the_last()
    {
        var token = new AgentToken();
        var first = new SecretText("first");
        token.Set(first);
        var next = token.NextAsync(first, CancellationToken.None);
        Assert.False(token.DoubtedAsync(CancellationToken.None).IsCompleted);
        token.Set(new SecretText("second"));
        Assert.Equal("second", (await next).Reveal());
    }

    [Fact]
    public void Back_off_doubles_within_its_bounds_and_begins_anew_after_a_success()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
        for (var i = 0; i < 100; i++)
        {
            var expected = Math.Min(Math.Pow(2, i), 30);
            Assert.InRange(backOff.Next().TotalSeconds, expected * 0.75, Math.Min(expected * 1.25, 30));
        }
        backOff.Reset();
        Assert.InRange(backOff.Next().TotalSeconds, 0.75, 1.25);
    }
}
