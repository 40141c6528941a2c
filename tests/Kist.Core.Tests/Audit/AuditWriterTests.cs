using System.Text.Json.Nodes;
using Kist.Core.Audit;

namespace Kist.Core.Tests.Audit;

public sealed class AuditWriterTests
{
    private readonly FakeSink sink = new();

    [Fact]
    public async Task Lines_of_many_threads_are_whole_and_numbered_in_order()
    {
        const int Threads = 8;
        const int Each = 500;
        var audit = new AuditBuilder().With(sink);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(t => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
            {
                var outcome = i % 2 == 0
                    ? await audit.Broker.RecordBothAsync(audit.Event("{\"a\":1}", "{\"b\":2}"), default)
                    : await audit.Broker.RecordRequestAsync(audit.Event("{\"a\":1}"), default);
                Assert.True(outcome.Succeeded);
            }
        })));

        var records = sink.Lines.Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(Enumerable.Range(1, Threads * Each * 3 / 2).Select(n => (long)n), records.Select(r => r["seq"]!.GetValue<long>()));
        Assert.All(sink.Bursts, b => Assert.EndsWith("}\n", b));
    }

    [Fact]
    public async Task What_arrives_during_a_write_goes_out_with_the_next()
    {
        var audit = new AuditBuilder().With(sink);
        sink.Block();
        var writes = new List<Task<Outcome<Nothing>>> { audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask() };
        await sink.EnteredAsync();
        for (var i = 0; i < 10; i++)
            writes.Add(audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask());
        sink.Unblock();

        Assert.All(await Task.WhenAll(writes), o => Assert.True(o.Succeeded));
        Assert.Equal([1, 10], sink.Bursts.Select(b => b.Count(c => c == '\n')));
    }

    [Fact]
    public async Task Blocked_write_releases_all_waiters_after_two_seconds_and_recovers_when_it_returns()
    {
        var audit = new AuditBuilder().With(sink);
        sink.Block();
        var stuck = audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask();
        await sink.EnteredAsync();
        var behind = audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask();

        audit.Time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(stuck.IsCompleted);
        audit.Time.Advance(TimeSpan.FromSeconds(0.3));
        Assert.Equal("audit.unavailable", (await stuck).Failure?.Code);
        Assert.Equal("audit.unavailable", (await behind).Failure?.Code);

        var refused = audit.Broker.RecordRequestAsync(audit.Event(), default);
        Assert.True(refused.IsCompleted);
        Assert.False((await refused).Succeeded);
        Assert.Equal(new AuditDeviceStatus("1/", "a write does not return", 0, 3), Assert.Single(audit.Broker.Status));

        sink.Unblock();
        await Wait.UntilAsync(() => audit.Broker.Status[0].Failure is null);
        Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        Assert.Equal([1L, 3L], sink.Lines.Select(l => JsonNode.Parse(l)!["seq"]!.GetValue<long>()));
    }

    [Fact]
    public async Task Blocked_reopening_releases_all_waiters_too()
    {
        var audit = new AuditBuilder().With(sink);
        sink.Block();
        var reopening = audit.Broker.ReopenAsync(default);
        await sink.EnteredAsync();
        var behind = audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask();

        audit.Time.Advance(TimeSpan.FromSeconds(2.3));
        Assert.Equal("audit.unavailable", (await behind).Failure?.Code);
        Assert.False((await reopening).Succeeded);

        sink.Unblock();
        await Wait.UntilAsync(() => sink.Reopened == 1);
        await Wait.UntilAsync(async () => (await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
    }

    [Fact]
    public async Task Records_behind_a_blocked_device_take_bounded_memory()
    {
        var audit = new AuditBuilder().With(sink, AuditBuilder.Options() with { LogRaw = true });
        sink.Block();
        // As large as a record's data can be, so that 134 of them are more than the writer holds.
        var body = $"\"{new string('x', 500_000)}\"";
        var writes = new List<Task<Outcome<Nothing>>> { audit.Broker.RecordRequestAsync(audit.Event(body), default).AsTask() };
        await sink.EnteredAsync();
        for (var i = 0; i < 136; i++)
            writes.Add(audit.Broker.RecordRequestAsync(audit.Event(body), default).AsTask());
        Assert.Equal(3, writes.Count(w => w.IsCompleted));
        sink.Unblock();
        Assert.Equal(134, (await Task.WhenAll(writes)).Count(o => o.Succeeded));
    }

    [Fact]
    public async Task Disposing_writes_what_waits_and_refuses_more()
    {
        var audit = new AuditBuilder().With(sink);
        sink.Block();
        var first = audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask();
        await sink.EnteredAsync();
        var second = audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask();
        var disposed = audit.Broker.Current!.Devices[0].DisposeAsync().AsTask();
        Assert.False((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        Assert.False(sink.Disposed);
        sink.Unblock();
        await disposed;

        Assert.True((await first).Succeeded);
        Assert.True((await second).Succeeded);
        Assert.Equal(2, sink.Lines.Count);
        Assert.True(sink.Disposed);
        await audit.Broker.Current.Devices[0].DisposeAsync();
    }

    [Fact]
    public async Task Blocked_write_holds_neither_disposal_nor_waiters_and_its_sink_is_closed_when_it_returns()
    {
        var audit = new AuditBuilder().With(sink);
        sink.Block();
        var stuck = audit.Broker.RecordRequestAsync(audit.Event(), default).AsTask();
        await sink.EnteredAsync();
        var disposed = audit.Broker.Current!.Devices[0].DisposeAsync().AsTask();
        await Wait.UntilAsync(() =>
        {
            audit.Time.Advance(TimeSpan.FromSeconds(1));
            return disposed.IsCompleted && stuck.IsCompleted;
        });
        Assert.False((await stuck).Succeeded);
        Assert.False(sink.Disposed);
        sink.Unblock();
        await Wait.UntilAsync(() => sink.Disposed);
    }

    [Fact]
    public async Task Numbers_go_on_when_the_same_target_is_opened_again()
    {
        var audit = new AuditBuilder().With(sink);
        await audit.Broker.RecordRequestAsync(audit.Event(), default);
        await audit.Broker.Current!.Devices[0].DisposeAsync();
        var again = new FakeSink();
        audit.Broker.Use(new AuditSetup([audit.Broker.Open("9/", AuditBuilder.Options(), new AuditSalt(new byte[32]), again)], []));
        await audit.Broker.RecordRequestAsync(audit.Event(), default);
        Assert.EndsWith("\"seq\":2}", Assert.Single(again.Lines));
    }
}
