using Kist.Core.Leases;
using Kist.Core.Namespaces;
using Kist.Core.Pipeline;
using Kist.Core.Storage;
using Kist.Core.Tests.Barrier;
using Kist.Core.Tests.Nodes;
using Kist.Core.Tests.Storage;
using Kist.Core.Tests.Tokens;
using Kist.Crypto;

namespace Kist.Core.Tests.Leases;

/// <summary>A node with an engine that issues leases at <c>accounts/</c>, on a clock that the test moves.</summary>
internal sealed class LeaseBed : IAsyncDisposable
{
    private readonly MemoryStore store = new();

    public LeaseBed() => Hooked = new HookedStore(store);

    public MovableClock Clock { get; } = new();

    public LeasedEngine Engine { get; } = new();

    public HookedStore Hooked { get; }

    public TestNode Node { get; private set; } = null!;

    public static async Task<LeaseBed> StartAsync(NodeOptions? options = null)
    {
        var bed = new LeaseBed();
        bed.Node = await TestNode.CreateAsync(bed.Hooked, options ?? new NodeOptions(), bed.Clock, bed.Engine, new NotesEngine(), new KnockMethod());
        await bed.Node.WriteAsync("sys/mounts/accounts", """{"type":"leased"}""").Ok();
        return bed;
    }

    /// <summary>Ends the node as a crash does, and begins a new one on the store.</summary>
    public async Task RestartAsync()
    {
        var crashed = Node;
        await crashed.DisposeAsync();
        Node = await TestNode.JoinAsync(Hooked, crashed, new NodeOptions(), Clock, Engine, new NotesEngine(), new KnockMethod());
    }

    public Task<TestNode> JoinAsync() => TestNode.JoinAsync(Hooked, Node, new NodeOptions(), Clock, Engine, new NotesEngine(), new KnockMethod());

    /// <summary>Issues one.</summary>
    public async Task<LeaseInfo> IssueAsync(string role = "app", SecretText? token = null) =>
        (await Node.ReadAsync("accounts/creds/" + role, token).Ok()).Lease!;

    /// <summary>A token with the policies of root that ends.</summary>
    public async Task<SecretText> TokenAsync(string body = """{"ttl":"1h"}""") =>
        (await Node.WriteAsync("auth/token/create", body).Ok()).Auth!.ClientToken;

    public Task<Failure> LookupFailsAsync(LeaseInfo lease) =>
        Node.WriteAsync("sys/leases/lookup", $$"""{"lease_id":"{{lease.Id}}"}""").Fails(FailureKind.Invalid);

    public async Task<System.Text.Json.JsonElement> LookupAsync(LeaseInfo lease) =>
        (await Node.WriteAsync("sys/leases/lookup", $$"""{"lease_id":"{{lease.Id}}"}""")).Json();

    public async Task WorldEmptiesAsync() => await Eventually.HoldsAsync(async () => Engine.World.IsEmpty && await EntriesAsync() == 0);

    /// <summary>Everything of leases in the store, indexes included.</summary>
    public async Task<int> EntriesAsync() =>
        (await Node.Node.Barrier.System(NamespaceId.Root).Folder("lease/").ScanAsync("", 0, default)).Count(path => !path.StartsWith("sweep/", StringComparison.Ordinal));

    public LeaseRecords Records() => new(Node.Node.Barrier, NamespaceId.Root);

    public async ValueTask DisposeAsync()
    {
        Hooked.OnCommit = static (_, commit) => commit();
        await Node.DisposeAsync();
        await store.DisposeAsync();
    }
}
