using Kist.Core.Mounts;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;

namespace Kist.Core.Tests.Mounts;

/// <summary>The table of a node whose cache is behind the store ("here"), while another changes it ("there").</summary>
public sealed class MountTableTests : IAsyncLifetime
{
    private readonly ManualClock clock = new();
    private readonly MountTypes types = new([new NotesEngine()]);
    private readonly MemoryStore store = new();
    private GatedStore gate = null!;
    private CachedStore cache = null!;
    private MountService here = null!;
    private MountService there = null!;

    public async Task InitializeAsync()
    {
        var builder = new BarrierBuilder { Store = store };
        there = new MountService((await builder.NodeAsync()).Barrier, types, TimeProvider.System);
        var behind = await builder.NodeAsync(shared => cache = new CachedStore(gate = new GatedStore(shared), clock: clock));
        here = new MountService(behind.Barrier, types, TimeProvider.System);
        await Eventually.HoldsAsync(clock, () => cache.IsFresh);
        await MountAsync(there, "x");
        await MountAsync(there, "y");
        await DeliveredAsync();
        Assert.Equal(2, (await here.CurrentAsync(default)).All.Count);
        gate.Watched.Close();
    }

    public async Task DisposeAsync()
    {
        await cache.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task A_record_that_the_cache_has_of_old_does_not_come_to_stand_under_a_new_stamp()
    {
        await TuneAsync(there, "x", "new");
        // Loses the race against the tuning, and reads the stamp again.
        await MountAsync(here, "z");
        Assert.Equal("new", (await FindAsync("x"))!.Description);
        gate.Watched.Open();
        await DeliveredAsync();
        Assert.Equal("new", (await FindAsync("x"))!.Description);
    }

    [Fact]
    public async Task What_another_node_has_just_mounted_is_unmounted_and_not_taken_for_nothing()
    {
        await MountAsync(there, "z");
        Assert.True((await here.UnmountAsync(MountKind.Secrets, "z/", default)).Succeeded);
        Assert.False((await there.CurrentAsync(default)).TryGet("z/", out _));
    }

    [Fact]
    public async Task A_path_that_another_node_has_just_freed_is_not_taken_for_used()
    {
        Assert.True((await there.UnmountAsync(MountKind.Secrets, "x/", default)).Succeeded);
        await MountAsync(here, "x");
    }

    [Fact]
    public async Task A_refusal_that_the_store_confirms_stands()
    {
        Assert.Equal("mount.not_found", (await here.UnmountAsync(MountKind.Secrets, "z/", default)).Failure?.Code);
        Assert.Equal("mount.path_in_use", (await here.MountAsync(MountKind.Secrets, "x", new MountRequest { Type = "notes" }, default)).Failure?.Code);
    }

    private static async Task MountAsync(MountService mounts, string path)
    {
        var mounted = await mounts.MountAsync(MountKind.Secrets, path, new MountRequest { Type = "notes" }, default);
        Assert.Null(mounted.Failure);
    }

    private static async Task TuneAsync(MountService mounts, string path, string description)
    {
        var tuned = await mounts.TuneAsync(path + "/", mount => new MountTuning(description, mount.Options, mount.Config), default);
        Assert.Null(tuned.Failure);
    }

    private async Task DeliveredAsync() => Assert.True(await cache.WaitForAsync(await store.HeadAsync(default), TimeSpan.FromHours(1), default));

    private async Task<Mount?> FindAsync(string path) => (await here.CurrentAsync(default)).TryGet(path + "/", out var mount) ? mount : null;
}
