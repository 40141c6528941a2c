using Kist.Core.Audit;

namespace Kist.Core.Tests.Audit;

public sealed class AuditBrokerTests
{
    private readonly FakeSink first = new();
    private readonly FakeSink second = new();

    [Fact]
    public async Task Without_devices_everything_is_accepted()
    {
        var audit = new AuditBuilder();
        audit.Broker.Use(new AuditSetup([], []));
        Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        Assert.False(audit.Broker.HasDevices);
    }

    [Fact]
    public async Task Before_the_devices_are_loaded_nothing_is_accepted()
    {
        var audit = new AuditBuilder();
        var outcome = await audit.Broker.RecordBothAsync(audit.Event(), default);
        Assert.Equal("audit.unavailable", outcome.Failure?.Code);
        Assert.Equal(FailureKind.Unavailable, outcome.Failure?.Kind);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    [InlineData(true, true, false)]
    public async Task One_device_that_accepts_is_enough(bool firstFails, bool secondFails, bool accepted)
    {
        var audit = new AuditBuilder().With(first).With(second);
        first.Fault = firstFails ? "disk full" : null;
        second.Fault = secondFails ? "disk full" : null;

        foreach (var record in (Func<AuditEvent, CancellationToken, ValueTask<Outcome<Nothing>>>[])
            [audit.Broker.RecordRequestAsync, audit.Broker.RecordResponseAsync, audit.Broker.RecordBothAsync])
        {
            var outcome = await record(audit.Event(), default);
            Assert.Equal(accepted, outcome.Succeeded);
            Assert.Equal(accepted ? null : "audit.unavailable", outcome.Failure?.Code);
            Assert.DoesNotContain("disk full", outcome.Failure?.Message ?? "");
        }
    }

    [Fact]
    public async Task One_device_alone_fails_closed_and_recovers()
    {
        var audit = new AuditBuilder().With(first);
        first.Fault = "disk full";
        Assert.False((await audit.Broker.RecordBothAsync(audit.Event(), default)).Succeeded);
        first.Fault = null;
        Assert.True((await audit.Broker.RecordBothAsync(audit.Event(), default)).Succeeded);
        Assert.Equal(2, first.Lines.Count);
    }

    [Fact]
    public async Task Failing_device_is_reported_once_and_counted()
    {
        var audit = new AuditBuilder().With(first);
        var reports = new List<string?>();
        audit.Broker.DeviceChanged += (_, e) => reports.Add($"{e.Path} {e.Failure}");

        await audit.Broker.RecordRequestAsync(audit.Event(), default);
        first.Fault = "disk full";
        await audit.Broker.RecordBothAsync(audit.Event(), default);
        await audit.Broker.RecordRequestAsync(audit.Event(), default);
        Assert.Equal(new AuditDeviceStatus("1/", "disk full", 1, 3), Assert.Single(audit.Broker.Status));
        first.Fault = null;
        await audit.Broker.RecordRequestAsync(audit.Event(), default);

        Assert.Equal(["1/ disk full", "1/ "], reports);
        Assert.Equal(new AuditDeviceStatus("1/", null, 2, 3), Assert.Single(audit.Broker.Status));
    }

    [Fact]
    public async Task Blocked_device_delays_nobody_while_another_accepts()
    {
        var audit = new AuditBuilder().With(first).With(second);
        first.Block();
        Assert.True((await audit.Broker.RecordBothAsync(audit.Event(), default)).Succeeded);
        Assert.Equal(2, second.Lines.Count);
        first.Unblock();
    }

    [Fact]
    public async Task Request_on_its_way_while_its_device_is_replaced_is_recorded_by_the_new_one()
    {
        var audit = new AuditBuilder().With(first);
        var before = audit.Broker.Current!;
        await before.Devices[0].DisposeAsync();
        // The moment between closing and replacing does not exist outside this test: devices are replaced first.
        Assert.False((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        audit.With(second);
        audit.Broker.Use(new AuditSetup([audit.Broker.Current!.Devices[1]], []));

        var racing = Task.Run(async () =>
        {
            for (var i = 0; i < 2000; i++)
                Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        });
        for (var i = 0; i < 20; i++)
        {
            var old = audit.Broker.Current;
            var next = audit.Broker.Open("2/", AuditBuilder.Options(), new AuditSalt(new byte[32]), new FakeSink());
            audit.Broker.Use(new AuditSetup([next], []));
            await old.Devices[0].DisposeAsync();
        }
        await racing;
    }

    [Fact]
    public async Task Cancelled_request_is_not_recorded()
    {
        var audit = new AuditBuilder().With(first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await audit.Broker.RecordRequestAsync(audit.Event(), new CancellationToken(canceled: true)));
        Assert.Empty(first.Lines);
    }

    [Fact]
    public void Hash_of_an_unknown_device_says_so()
    {
        var audit = new AuditBuilder().With(first);
        Assert.Equal("audit.unknown_device", audit.Broker.Hash("file", "x").Failure?.Code);
        Assert.StartsWith("hmac-sha256:", audit.Broker.Hash("1/", "x").Value);
    }

    [Fact]
    public async Task Reopening_reaches_every_device_and_tells_of_a_failure()
    {
        var audit = new AuditBuilder().With(first).With(second);
        Assert.True((await audit.Broker.ReopenAsync(default)).Succeeded);
        first.Fault = "gone";
        Assert.Equal("gone", (await audit.Broker.ReopenAsync(default)).Failure?.Message);
        Assert.Equal((1, 2), (first.Reopened, second.Reopened));
        second.Fault = "away";
        Assert.Equal("gone; away", (await audit.Broker.ReopenAsync(default)).Failure?.Message);
    }
}
