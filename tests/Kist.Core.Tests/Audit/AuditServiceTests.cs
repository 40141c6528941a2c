using System.Text;
using System.Text.Json.Nodes;
using Kist.Core.Audit;
using Kist.Core.Barrier;
using Kist.Core.Tests.Barrier;

namespace Kist.Core.Tests.Audit;

public sealed class AuditServiceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("kist-audit-").FullName;
    private readonly BarrierBuilder cluster = new();
    private readonly AuditBuilder audit = new();

    private string Log => Path.Combine(folder, "audit.log");

    [Fact]
    public async Task Enabled_device_is_tested_listed_and_used()
    {
        await using var service = await ServiceAsync();
        Assert.True((await service.EnableAsync(Device() with { Description = "main", Local = true }, default)).Succeeded);

        var info = Assert.Single(await service.ListAsync(default));
        Assert.Equal(("file/", "file", "main", true), (info.Path, info.Type, info.Description, info.Local));
        Assert.Equal(Log, info.Options["file_path"]);
        Assert.True(audit.Broker.HasDevices);

        await audit.Broker.RecordRequestAsync(audit.Event("{\"a\":\"b\"}"), default);
        var records = File.ReadAllLines(Log).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal(["sys/audit/test", "secret/data/app"], records.Select(r => r["request"]!["path"]!.GetValue<string>()));
        Assert.Equal(audit.Broker.Hash("file", "b").Value, records[1]["request"]!["data"]!["a"]!.GetValue<string>());
    }

    [Fact]
    public async Task Restarted_node_hashes_as_before()
    {
        string hash;
        await using (var service = await ServiceAsync())
        {
            await service.EnableAsync(Device(), default);
            hash = audit.Broker.Hash("file/", "value").Value;
        }
        var next = new AuditBuilder();
        await using var restarted = await ServiceAsync(next.Broker);
        Assert.Equal(hash, next.Broker.Hash("file/", "value").Value);
        Assert.NotEqual(audit.Broker.Boot, next.Broker.Boot);
        Assert.True((await next.Broker.RecordRequestAsync(next.Event(), default)).Succeeded);
        Assert.Equal(2, File.ReadAllLines(Log).Length);
    }

    [Fact]
    public async Task Device_that_does_not_work_is_not_enabled()
    {
        File.WriteAllText(Log, "#!/bin/sh\n");
        await using var service = await ServiceAsync();
        var failure = (await service.EnableAsync(Device(), default)).Failure;
        Assert.Equal(FailureKind.Invalid, failure?.Kind);
        Assert.Contains(Log, failure?.Message);
        Assert.Empty(await service.ListAsync(default));
        Assert.False(audit.Broker.HasDevices);
        Assert.Equal("#!/bin/sh\n", File.ReadAllText(Log));
    }

    [Fact]
    public async Task Path_or_file_in_use_is_refused()
    {
        await using var service = await ServiceAsync();
        Assert.True((await service.EnableAsync(Device(), default)).Succeeded);
        Assert.Equal("audit.path_in_use", (await service.EnableAsync(Device() with { Path = "/file/" }, default)).Failure?.Code);
        Assert.Equal("audit.file_in_use", (await service.EnableAsync(Device() with { Path = "other" }, default)).Failure?.Code);
        Assert.Single(File.ReadAllLines(Log));
    }

    [Fact]
    public async Task Second_device_on_the_standard_output_is_refused()
    {
        // Both would write at once, each its own half lines, and number their records from one counter.
        await using var service = await ServiceAsync();
        Assert.True((await service.EnableAsync(new AuditDeviceInfo("one", "stdout"), default)).Succeeded);
        var failure = (await service.EnableAsync(new AuditDeviceInfo("two", "stdout"), default)).Failure;
        Assert.Equal((FailureKind.Invalid, "audit.output_in_use"), (failure?.Kind, failure?.Code));
        Assert.Contains("\"one/\"", failure?.Message);
        Assert.Equal("audit.output_in_use", (await service.EnableAsync(Target("three", "stdout"), default)).Failure?.Code);
        Assert.True((await service.EnableAsync(Discard("a"), default)).Succeeded);
        Assert.True((await service.EnableAsync(Discard("b"), default)).Succeeded);

        Assert.True((await service.DisableAsync("one", default)).Succeeded);
        Assert.True((await service.EnableAsync(new AuditDeviceInfo("two", "stdout"), default)).Succeeded);
    }

    [Fact]
    public async Task Description_and_options_without_measure_are_too_large()
    {
        await using var service = await ServiceAsync();
        var failure = (await service.EnableAsync(Discard("a") with { Description = new string('x', 2_000_000) }, default)).Failure;
        Assert.Equal((FailureKind.TooLarge, "audit.too_large"), (failure?.Kind, failure?.Code));
        Assert.Equal("audit.too_large", (await service.EnableAsync(Target("a", "/" + new string('x', 2_000_000)), default)).Failure?.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("a b")]
    [InlineData("a//b")]
    [InlineData("ü")]
    public async Task Bad_path_is_refused(string path)
    {
        await using var service = await ServiceAsync();
        Assert.Equal("audit.invalid_path", (await service.EnableAsync(Device() with { Path = path }, default)).Failure?.Code);
    }

    [Fact]
    public async Task Disabled_device_gets_nothing_more()
    {
        await using var service = await ServiceAsync();
        await service.EnableAsync(Device(), default);
        Assert.True((await service.DisableAsync("file", default)).Succeeded);
        Assert.True((await service.DisableAsync("never", default)).Succeeded);
        Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        Assert.Single(File.ReadAllLines(Log));
        Assert.Empty(await service.ListAsync(default));
    }

    [Fact]
    public async Task Other_nodes_follow()
    {
        var other = new AuditBuilder();
        await using var here = await ServiceAsync();
        await using var there = await ServiceAsync(other.Broker);

        await here.EnableAsync(Discard("a"), default);
        await here.PutHeaderAsync("X-App", hmac: true, default);
        Assert.False(other.Broker.HasDevices);
        await there.FollowAsync(default);
        Assert.Equal(audit.Broker.Hash("a", "x").Value, other.Broker.Hash("a", "x").Value);
        Assert.Equal([new AuditedHeader("x-app", true)], other.Broker.Current!.Headers);

        var kept = other.Broker.Current.Devices[0];
        await here.EnableAsync(Discard("b"), default);
        await there.FollowAsync(default);
        Assert.Same(kept, other.Broker.Current.Devices[0]);

        await there.DisableAsync("a", default);
        await here.FollowAsync(default);
        Assert.Equal(["b/"], audit.Broker.Status.Select(s => s.Path));
    }

    [Fact]
    public async Task Racing_enables_of_one_path_have_one_winner()
    {
        var services = new List<AuditService>();
        for (var i = 0; i < 4; i++)
            services.Add(await ServiceAsync(new AuditBuilder().Broker));
        var outcomes = await Task.WhenAll(services.Select(s => Task.Run(() => s.EnableAsync(Discard("x"), default).AsTask())));

        Assert.Single(outcomes, o => o.Succeeded);
        Assert.All(outcomes.Where(o => !o.Succeeded), o => Assert.Equal("audit.path_in_use", o.Failure?.Code));
        foreach (var service in services)
        {
            Assert.Single(await service.ListAsync(default));
            await service.DisposeAsync();
        }
    }

    [Fact]
    public async Task Device_that_cannot_be_opened_on_a_node_fails_closed_there()
    {
        await using (var service = await ServiceAsync())
            await service.EnableAsync(Device(), default);
        File.Delete(Log);
        File.CreateSymbolicLink(Log, Path.Combine(folder, "elsewhere"));

        var other = new AuditBuilder();
        await using var there = await ServiceAsync(other.Broker);
        Assert.True(other.Broker.HasDevices);
        Assert.False((await other.Broker.RecordRequestAsync(other.Event(), default)).Succeeded);
        Assert.Contains("symbolic link", other.Broker.Status[0].Failure);
    }

    [Fact]
    public async Task Headers_are_kept_in_lower_case_and_changed()
    {
        await using var service = await ServiceAsync();
        Assert.True((await service.PutHeaderAsync("X-Forwarded-For", hmac: false, default)).Succeeded);
        Assert.True((await service.PutHeaderAsync("x-forwarded-for", hmac: true, default)).Succeeded);
        Assert.True((await service.PutHeaderAsync("User-Agent", hmac: false, default)).Succeeded);
        Assert.Equal([new("user-agent", false), new AuditedHeader("x-forwarded-for", true)], await service.ListHeadersAsync(default));
        Assert.True((await service.DeleteHeaderAsync("X-FORWARDED-FOR", default)).Succeeded);
        Assert.Equal([new AuditedHeader("user-agent", false)], await service.ListHeadersAsync(default));
        Assert.Equal("audit.invalid_header", (await service.PutHeaderAsync("a b", hmac: false, default)).Failure?.Code);
    }

    [Fact]
    public async Task After_a_seal_nothing_is_accepted_until_the_devices_are_loaded_again()
    {
        var node = await cluster.NodeAsync();
        await using var service = new AuditService(node.Barrier, audit.Broker);
        await service.FollowAsync(default);
        await service.EnableAsync(Discard("x"), default);
        node.Barrier.Sealed += (_, _) => service.Clear();

        node.Barrier.Seal();
        Assert.False((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        await Assert.ThrowsAsync<BarrierSealedException>(async () => await service.FollowAsync(default));

        await cluster.UnsealAsync(node);
        Assert.False((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
        await service.FollowAsync(default);
        Assert.True((await audit.Broker.RecordRequestAsync(audit.Event(), default)).Succeeded);
    }

    [Fact]
    public async Task Store_holds_no_device_in_clear()
    {
        await using var service = await ServiceAsync();
        await service.EnableAsync(Discard("x") with { Description = "planted description" }, default);
        await foreach (var entry in cluster.Store.ExportAsync(default))
            Assert.DoesNotContain("planted", Encoding.Latin1.GetString(entry.Value.Span));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static AuditDeviceInfo Discard(string path) => Target(path, "discard");

    private static AuditDeviceInfo Target(string path, string target) =>
        new(path, "file") { Options = new Dictionary<string, string> { ["file_path"] = target } };

    private AuditDeviceInfo Device() => new("file", "file") { Options = new Dictionary<string, string> { ["file_path"] = Log } };

    private async Task<AuditService> ServiceAsync(AuditBroker? broker = null)
    {
        var service = new AuditService((await cluster.NodeAsync()).Barrier, broker ?? audit.Broker);
        await service.FollowAsync(default);
        return service;
    }
}
