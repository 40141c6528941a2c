using Kist.Client.Agent;
using Kist.Hosting.Agent;

namespace Kist.Client.Tests.Agent;

public sealed class AgentHostTests
{
    [Fact]
    public async Task Part_that_fails_ends_the_others()
    {
        var other = new Part(async stop =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return null;
        });
        await Assert.ThrowsAsync<AgentException>(() => HostAsync(new Part(_ => Task.FromException<int?>(new AgentException("no"))), other));
        Assert.True(other.WasStopped);
    }

    [Fact]
    public async Task Part_with_an_exit_code_ends_the_agent_with_it() =>
        Assert.Equal(7, await HostAsync(Endless(), new Part(_ => Task.FromResult<int?>(7))));

    [Fact]
    public async Task Agent_ends_with_zero_when_all_parts_have_done_their_work() =>
        Assert.Equal(0, await HostAsync(new Part(_ => Task.FromResult<int?>(null)), new Part(_ => Task.FromResult<int?>(null))));

    [Fact]
    public async Task Agent_that_is_asked_to_stop_ends_with_zero()
    {
        using var end = new CancellationTokenSource();
        var running = AgentHost.RunAsync([Endless(), Endless()], false, end);
        await end.CancelAsync();
        Assert.Equal(0, await running);
    }

    [Fact]
    public async Task Part_whose_disposal_fails_does_not_keep_the_others()
    {
        var told = new List<string>();
        var ended = new List<string>();
        var first = new Part(Done) { Ended = () => ended.Add("first") };
        var failing = new Part(Done)
        {
            Ended = () =>
            {
                ended.Add("failing");
                throw new IOException("the socket is gone");
            },
        };
        var last = new Part(Done) { Ended = () => ended.Add("last") };
        await using (new AgentHost.PartList([first, failing, last], (_, message) => told.Add(message)))
            Assert.Empty(ended);
        Assert.Equal(["last", "failing", "first"], ended);
        Assert.Contains("the socket is gone", Assert.Single(told), StringComparison.Ordinal);
    }

    private static Task<int?> Done(CancellationToken stop) => Task.FromResult<int?>(null);

    private static async Task<int> HostAsync(params IAgentPart[] parts)
    {
        using var end = new CancellationTokenSource();
        return await AgentHost.RunAsync(parts, false, end);
    }

    private static Part Endless() => new(async stop =>
    {
        await Task.Delay(Timeout.Infinite, stop);
        return null;
    });

    private sealed class Part(Func<CancellationToken, Task<int?>> run) : IAgentPart
    {
        public bool WasStopped { get; private set; }

        public Action Ended { get; init; } = static () => { };

        public async Task<int?> RunAsync(bool once, CancellationToken stop)
        {
            try
            {
                return await run(stop);
            }
            finally
            {
                WasStopped = stop.IsCancellationRequested;
            }
        }

        public ValueTask DisposeAsync()
        {
            Ended();
            return ValueTask.CompletedTask;
        }
    }
}
