using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Routing;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;

namespace Kist.Core.Tests.Nodes;

/// <summary>What takes a mount more than one transaction (unmounting, converting), cut short, and overtaken by requests of before.</summary>
public sealed class MountLifecycleTests : IAsyncLifetime
{
    private const string Reshape = """{"options":{"shape":"new"}}""";

    private readonly MemoryStore store = new();
    private readonly HookedStore hooked;
    private readonly ReshapedEngine engine = new();
    private TestNode first = null!;
    private bool crashed;

    public MountLifecycleTests() => hooked = new HookedStore(store);

    public async Task InitializeAsync() => first = await TestNode.CreateAsync(hooked, engine, new NotesEngine());

    public async Task DisposeAsync()
    {
        await CrashAsync();
        await store.DisposeAsync();
        Assert.Empty(first.Faults);
    }

    [Fact]
    public async Task An_unmount_that_a_crash_cut_short_is_ended_by_the_next_leader()
    {
        await using var second = await JoinAsync();
        var before = (await KeysAsync()).Count;
        await FillAsync("notes", 250);
        CutAfter(commits: 2);
        await first.DeleteAsync("sys/mounts/n").Fails(FailureKind.Unavailable);
        Assert.InRange((await KeysAsync()).Count, before + 151, before + 153);
        await CrashAsync();

        await EventuallyAsync(async () => (await KeysAsync()).Count == before);
        await EventuallyAsync(async () => (await second.ReadAsync("sys/mounts/n")).Failure is not null);
        await second.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
    }

    [Fact]
    public async Task An_unmount_whose_last_commit_is_not_confirmed_is_no_success_and_ended_later()
    {
        await FillAsync("notes", 1);
        hooked.OnCommit = static (transaction, commit) =>
            transaction.Changes.Count(change => change.Value is null) == 2 ? new(CommitOutcome.Unknown) : commit();
        await first.DeleteAsync("sys/mounts/n").Fails(FailureKind.Unavailable);
        await first.ReadAsync("n/1").Fails(FailureKind.Unavailable);
        hooked.OnCommit = static (_, commit) => commit();
        await EventuallyAsync(async () => (await first.ReadAsync("n/1")).Failure?.Kind == FailureKind.NotFound);
    }

    [Fact]
    public async Task A_write_that_was_let_in_before_an_unmount_leaves_nothing_behind()
    {
        await using var second = await JoinAsync();
        var before = (await KeysAsync()).Count;
        await FillAsync("notes", 1);
        BeforeNextCommit(() => second.DeleteAsync("sys/mounts/n").Ok());
        Assert.NotNull((await first.WriteAsync("n/late", """{"text":"x"}""")).Failure);
        Assert.Equal(before, (await KeysAsync()).Count);
    }

    [Fact]
    public async Task A_write_that_was_let_in_before_an_unmount_does_not_reach_a_new_mount_there()
    {
        await using var second = await JoinAsync();
        await FillAsync("notes", 1);
        BeforeNextCommit(async () =>
        {
            await second.DeleteAsync("sys/mounts/n").Ok();
            var mounted = await second.WriteAsync("sys/mounts/n", """{"type":"notes"}""").Ok();
            // Until it has seen the new mount, the first answers as for the state that it has seen, which may be the one without any.
            await first.AskAsync(Operation.Read, "sys/mounts/n", "", index: mounted.Index).Ok();
        });
        await first.WriteAsync("n/late", """{"text":"x"}""").Fails(FailureKind.Unavailable);
        await second.ReadAsync("n/late").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task Tuning_that_converts_nothing_lets_writes_under_way_pass()
    {
        await FillAsync("notes", 1);
        BeforeNextCommit(() => first.WriteAsync("sys/mounts/n/tune", """{"description":"new","options":{"other":"1"}}""").Ok());
        await first.WriteAsync("n/late", """{"text":"x"}""").Ok();
        Assert.Equal("x", (await first.ReadAsync("n/late")).Json().Text("text"));
    }

    [Fact]
    public async Task Options_that_change_the_routes_are_refused_by_an_engine_that_cannot_convert()
    {
        await using var other = new MemoryStore();
        await using var node = await TestNode.CreateAsync(other, new StiffEngine());
        await node.WriteAsync("sys/mounts/n", """{"type":"stiff"}""").Ok();
        Assert.Equal("mount.fixed_options", (await node.WriteAsync("sys/mounts/n/tune", Reshape).Fails(FailureKind.Invalid)).Code);
        await node.WriteAsync("sys/mounts/n/tune", """{"options":{"other":"1"}}""").Ok();
        Assert.Equal("""{"other":"1"}""", (await node.ReadAsync("sys/mounts/n")).Json().GetProperty("options").GetRawText());
    }

    [Fact]
    public async Task While_a_mount_is_converted_it_answers_that_and_afterwards_again()
    {
        await FillAsync("reshaped", 3);
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        engine.BeforeConversion = () =>
        {
            begun.TrySetResult();
            return go.Task;
        };
        var tuning = first.WriteAsync("sys/mounts/n/tune", Reshape);
        await begun.Task;

        var refused = await first.ReadAsync("n/1").Fails(FailureKind.Invalid);
        Assert.Equal(
            "Upgrading from non-versioned to versioned data. This backend will be unavailable for a brief period and will resume service shortly.",
            refused.Message);
        await first.WriteAsync("n/1", """{"text":"x"}""").Fails(FailureKind.Invalid);
        var stranger = (await first.WriteAsync("auth/token/create", """{"policies":["none"]}""").Ok()).Auth!.ClientToken;
        await first.ReadAsync("n/1", stranger).Fails(FailureKind.Denied);
        await first.WriteAsync("sys/mounts/n/tune", """{"options":{"shape":"old"}}""").Fails(FailureKind.Invalid);

        go.SetResult();
        Assert.True((await tuning.Ok()).Index > 0);
        Assert.Equal("x", (await first.ReadAsync("n/new/1")).Json().Text("text"));
        await first.ReadAsync("n/1").Fails(FailureKind.NotFound);
    }

    [Fact]
    public async Task A_conversion_that_a_crash_cut_short_is_ended_by_the_next_leader()
    {
        await using var second = await JoinAsync();
        await FillAsync("reshaped", 30);
        engine.BeforeConversion = () =>
        {
            CutAfter(commits: 10);
            return Task.CompletedTask;
        };
        await first.WriteAsync("sys/mounts/n/tune", Reshape).Fails(FailureKind.Unavailable);
        await CrashAsync();

        await EventuallyAsync(async () => (await second.ReadAsync("n/new/29")).Failure is null);
        Assert.Equal(30, (await second.ListAsync("n/new")).Json().GetProperty("keys").GetArrayLength());
    }

    [Fact]
    public async Task A_write_that_was_let_in_before_a_conversion_is_refused_and_not_lost_in_it()
    {
        await using var second = await JoinAsync();
        await FillAsync("reshaped", 1);
        BeforeNextCommit(() => second.WriteAsync("sys/mounts/n/tune", Reshape).Ok());
        Assert.NotNull((await first.WriteAsync("n/late", """{"text":"x"}""")).Failure);
        Assert.Equal(["new/"], (await second.ListAsync("n/")).Json().GetProperty("keys").EnumerateArray().Select(key => key.GetString()));
    }

    [Fact]
    public async Task An_unmount_ends_a_conversion()
    {
        var before = await KeysAsync();
        await FillAsync("reshaped", 5);
        engine.BeforeConversion = () =>
        {
            engine.BeforeConversion = static () => Task.CompletedTask;
            return first.DeleteAsync("sys/mounts/n").Ok();
        };
        await first.WriteAsync("sys/mounts/n/tune", Reshape).Fails(FailureKind.Invalid);
        Assert.Equal(before, await KeysAsync());
    }

    [Fact]
    public async Task A_mount_of_an_older_program_gets_an_epoch_before_requests_are_let_in()
    {
        await FillAsync("notes", 1);
        await first.WriteAsync("sys/seal", """{"node":"self"}""").Ok();
        // The entry that such a program did not write.
        var epoch = (await KeysAsync()).Single(key => key.ToString().Contains("mount-epoch/", StringComparison.Ordinal));
        Assert.True((await store.CommitAsync(new([], [new(epoch, null)]), default)).Succeeded);
        await first.UnsealAsync();
        Assert.Contains(epoch, await KeysAsync());
        await first.WriteAsync("n/2", """{"text":"x"}""").Ok();
    }

    [Fact]
    public async Task A_mount_of_an_older_program_is_read_while_the_store_is_full()
    {
        await FillAsync("notes", 1);
        await first.WriteAsync("sys/seal", """{"node":"self"}""").Ok();
        var epoch = (await KeysAsync()).Single(key => key.ToString().Contains("mount-epoch/", StringComparison.Ordinal));
        Assert.True((await store.CommitAsync(new([], [new(epoch, null)]), default)).Succeeded);
        hooked.OnCommit = static (_, _) => throw new StoreUnavailableException("disk full");
        await first.UnsealAsync();
        await first.ReadAsync("n/0").Ok();
        Assert.Contains(first.Problems, problem => problem.Contains("disk full", StringComparison.Ordinal));
        hooked.OnCommit = static (_, commit) => commit();
    }

    [Fact]
    public async Task What_a_conversion_could_not_read_is_told_and_does_not_keep_the_mount_away()
    {
        await FillAsync("reshaped", 2);
        engine.Damaged = ["note \"x\": broken"];
        await first.WriteAsync("sys/mounts/n/tune", Reshape).Ok();
        await EventuallyAsync(async () => (await first.ReadAsync("n/new/1")).Failure is null);
        Assert.Contains(first.Problems, problem => problem.EndsWith("note \"x\": broken", StringComparison.Ordinal));
    }

    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await holds())
            await Task.Delay(10, patience.Token);
    }

    private Task<TestNode> JoinAsync() => TestNode.JoinAsync(store, first, new ReshapedEngine(), new NotesEngine());

    private async Task CrashAsync()
    {
        if (!crashed)
            await first.DisposeAsync();
        crashed = true;
    }

    private async Task FillAsync(string type, int notes)
    {
        await first.WriteAsync("sys/mounts/n", $$"""{"type":"{{type}}"}""").Ok();
        for (var i = 0; i < notes; i++)
            await first.WriteAsync($"n/{i}", """{"text":"x"}""").Ok();
    }

    /// <summary>Has <paramref name="meanwhile"/> done between what the first node decided and its next commit.</summary>
    private void BeforeNextCommit(Func<Task> meanwhile) => hooked.OnCommit = async (_, commit) =>
    {
        hooked.OnCommit = static (_, later) => later();
        await meanwhile();
        return await commit();
    };

    /// <summary>Cuts the first node off from the store, as far as commits go.</summary>
    private void CutAfter(int commits) => hooked.OnCommit = (_, commit) => commits-- > 0 ? commit() : throw new StoreUnavailableException("cut");

    /// <summary>What the store holds, but for leaderships, which come and go by themselves.</summary>
    private async Task<IReadOnlyList<StoreKey>> KeysAsync()
    {
        var keys = new List<StoreKey>();
        await foreach (var entry in store.ExportAsync(default))
        {
            if (entry.Key.Span[0] != 0xff)
                keys.Add(entry.Key);
        }
        return keys;
    }

    private sealed class StiffEngine : MountType
    {
        private readonly ReshapedEngine shapes = new();

        public override string Name => "stiff";

        public override MountKind Kind => MountKind.Secrets;

        public override string Description => "Cannot convert.";

        public override RouteTable Routes(IReadOnlyDictionary<string, string> options) => shapes.Routes(options);
    }
}
