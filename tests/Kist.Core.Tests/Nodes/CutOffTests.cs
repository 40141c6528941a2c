using Kist.Core.Barrier;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Nodes;

/// <summary>A node without its store: it says so, answers nothing that it cannot prove, and goes on when the store is back.</summary>
public sealed class CutOffTests : IAsyncLifetime
{
    private readonly HookedStore store = new(new MemoryStore());
    private readonly ManualClock clock = new();
    private readonly PartitionableStore way;
    private TestNode node = null!;

    public CutOffTests() => way = new PartitionableStore(store);

    public async Task InitializeAsync()
    {
        node = await TestNode.CreateAsync(way, new NodeOptions { StoreClock = clock }, new NotesEngine());
        await node.WriteAsync("sys/mounts/notes", """{"type":"notes"}""").Ok();
        await node.WriteAsync("sys/audit/discard", """{"type":"file","options":{"file_path":"discard"}}""").Ok();
        await node.BecomeFreshAsync(clock);
        var written = await node.WriteAsync("notes/a", """{"text":"x"}""").Ok();
        await node.AskAsync(Pipeline.Operation.Read, "notes/a", "", index: written.Index).Ok();
        await node.ReadAsync("notes/a").Ok();
    }

    public async Task DisposeAsync()
    {
        way.Heal();
        await node.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Within_the_bound_it_answers_what_it_knows_and_beyond_it_nothing()
    {
        await way.CutAsync(Partition.Refuses);
        clock.Advance(CachedStore.Bound / 2);
        Assert.Equal("x", (await node.ReadAsync("notes/a")).Json().Text("text"));
        Assert.True(await FreshAsync());

        clock.Advance(CachedStore.Bound);
        Assert.Equal("store.unavailable", (await node.ReadAsync("notes/a").Fails(FailureKind.Unavailable)).Code);
        Assert.Equal("store.unavailable", (await node.ListAsync("notes/").Fails(FailureKind.Unavailable)).Code);
        Assert.Equal("store.unavailable", (await node.WriteAsync("notes/a", """{"text":"y"}""").Fails(FailureKind.Unavailable)).Code);
        Assert.False(await FreshAsync());
        Assert.Empty(node.Faults);
    }

    [Fact]
    public async Task A_change_whose_mount_went_while_the_store_went_too_is_recorded()
    {
        var tap = AuditTap.On(node);
        store.OnCommit = async (_, _) =>
        {
            await way.CutAsync(Partition.Refuses);
            clock.Advance(CachedStore.Bound * 2);
            throw new MountChangedException();
        };
        var refusal = (await node.WriteAsync("notes/a", """{"text":"y"}""")).Failure!;
        Assert.Equal("store.unavailable", refusal.Code);
        Assert.Equal(refusal.Message, tap.Pair().Response.Text("error"));
        await tap.DisposeAsync();
    }

    [Fact]
    public async Task A_write_is_refused_at_once()
    {
        await way.CutAsync(Partition.Refuses);
        await node.WriteAsync("notes/a", """{"text":"y"}""").Fails(FailureKind.Unavailable);
        way.Heal();
        Assert.Equal("x", (await node.ReadAsync("notes/a")).Json().Text("text"));
    }

    [Theory]
    [InlineData(Partition.Refuses)]
    [InlineData(Partition.Hangs)]
    public async Task Health_answers_without_the_store_and_says_that_it_is_out_of_reach(Partition how)
    {
        await way.CutAsync(how);
        clock.Advance(CachedStore.Bound + TimeSpan.FromTicks(1));
        var health = node.ReadAsync("sys/health");
        Assert.True(health.IsCompleted);
        var told = (await health).Json();
        Assert.Equal((true, false, false), (Is(told, "initialized"), Is(told, "sealed"), Is(told, "store_fresh")));
    }

    [Fact]
    public async Task Help_says_so_too()
    {
        await way.CutAsync(Partition.Refuses);
        clock.Advance(CachedStore.Bound + TimeSpan.FromTicks(1));
        var request = new Pipeline.Request { Id = "1", Path = "notes/a", Operation = Pipeline.Operation.Read, Token = node.RootToken };
        await node.Node.Pipeline.HelpAsync(request, default).AsTask().Fails(FailureKind.Unavailable);
    }

    [Theory]
    [InlineData(Partition.Refuses)]
    [InlineData(Partition.Hangs)]
    public async Task When_the_store_is_back_it_serves_again(Partition how)
    {
        await way.CutAsync(how);
        clock.Advance(CachedStore.Bound + TimeSpan.FromTicks(1));
        Assert.False(await FreshAsync());
        way.Heal();
        await node.BecomeFreshAsync(clock);
        Assert.Equal("x", (await node.ReadAsync("notes/a")).Json().Text("text"));
        await node.WriteAsync("notes/a", """{"text":"y"}""").Ok();
    }

    private async Task<bool> FreshAsync() => Is((await node.ReadAsync("sys/health")).Json(), "store_fresh");

    private static bool Is(System.Text.Json.JsonElement told, string name) => told.GetProperty(name).GetBoolean();
}
