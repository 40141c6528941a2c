using System.Text.Json;
using Kist.Core;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Tokens;
using Kist.Engines.Kv;

namespace Kist.Engines.Tests.Kv.V2.Rotation;

/// <summary>A node with a version 2 mount at <c>kv/</c> and users at <c>db/</c>, on a clock that the test moves.</summary>
internal sealed class RotationBed : IAsyncDisposable
{
    private readonly MemoryStore store = new();

    private RotationBed(RotationSettings settings)
    {
        Settings = settings;
        Hooked = new HookedStore(store);
        Engine.Users["main/app"] = "first";
    }

    public RotationSettings Settings { get; }

    public MovableClock Clock { get; } = new();

    public UsersEngine Engine { get; } = new();

    public HookedStore Hooked { get; }

    public TestNode Node { get; private set; } = null!;

    /// <summary>Runs at each boundary.</summary>
    public Func<string, ValueTask> OnBoundary { get; set; } = static _ => default;

    public static async Task<RotationBed> StartAsync(RotationSettings? settings = null)
    {
        var bed = new RotationBed(settings ?? new RotationSettings());
        bed.Node = await TestNode.CreateAsync(bed.Hooked, bed.Options(), bed.Clock, bed.Engines());
        await bed.Node.WriteAsync("sys/mounts/kv", """{"type":"kv-v2"}""").Ok();
        await bed.Node.WriteAsync("sys/mounts/db", """{"type":"users"}""").Ok();
        await bed.Node.WriteAsync("kv/data/app", """{"data":{"host":"h","password":"first"}}""").Ok();
        return bed;
    }

    /// <summary>Ends the node as a crash does, and begins a new one on the store, which first does what is due.</summary>
    public async Task RestartAsync()
    {
        var crashed = Node;
        await crashed.DisposeAsync();
        Hooked.OnCommit = static (_, commit) => commit();
        OnBoundary = static _ => default;
        Node = await TestNode.JoinAsync(Hooked, crashed, Options(), Clock, Engines());
    }

    public Task<Kist.Core.Pipeline.Response> SetAsync(string rule, string path = "app") => Node.WriteAsync($"kv/rotation/{path}", rule);

    public Task<Kist.Core.Pipeline.Response> RotateAsync(string path = "app") => Node.WriteAsync($"kv/rotate/{path}");

    public async Task<JsonElement> StateAsync(string path = "app") => (await Node.ReadAsync($"kv/rotation/{path}").Ok()).Json();

    /// <summary>The secret's latest data.</summary>
    public async Task<JsonElement> DataAsync(string path = "app") => (await Node.ReadAsync($"kv/data/{path}").Ok()).Json().GetProperty("data");

    public async Task<string> PasswordAsync(string path = "app") => (await DataAsync(path)).Text("password");

    public async ValueTask DisposeAsync()
    {
        Hooked.OnCommit = static (_, commit) => commit();
        await Node.DisposeAsync();
        await store.DisposeAsync();
    }

    private NodeOptions Options() => new() { Checkpoint = (boundary, _) => OnBoundary(boundary) };

    private Kist.Core.Mounts.MountType[] Engines() => [new KvMountType(Clock, Settings), Engine];
}
