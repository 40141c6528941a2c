using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Kist.Core.Certificates;
using Kist.Core.Mounts;
using Kist.Core.Pipeline;
using Kist.Core.Seals;
using Kist.Core.Storage;
using Kist.Crypto;

namespace Kist.Core.Tests.Nodes;

/// <summary>A node over a store in memory, initialised and unsealed with one share, and short ways to ask it.</summary>
public sealed class TestNode : IAsyncDisposable
{
    private const string Version = "1.2.3";

    private readonly Node node;
    private readonly RecordingObserver observer;

    private TestNode(Node node, RecordingObserver observer)
    {
        this.node = node;
        this.observer = observer;
    }

    public Node Node => node;

    public SecretText RootToken { get; private set; } = new("");

    public IReadOnlyList<byte[]> Shares { get; private set; } = [];

    /// <summary>Bugs that requests have met; a test that ends with one is wrong or has found one.</summary>
    public IReadOnlyList<Exception> Faults => observer.Faults;

    /// <summary>What the operator was told to look at.</summary>
    public IReadOnlyList<string> Problems => observer.Problems;

    /// <summary>Duties that failed, each time that was told.</summary>
    public IReadOnlyList<string> FailedDuties => observer.FailedDuties;

    public static Task<TestNode> CreateAsync(IStore store, params MountType[] engines) => CreateAsync(store, new NodeOptions(), engines);

    public static Task<TestNode> CreateAsync(IStore store, NodeOptions options, params MountType[] engines) =>
        CreateAsync(store, options, TimeProvider.System, engines);

    /// <summary>With a clock of the test's own.</summary>
    public static async Task<TestNode> CreateAsync(IStore store, NodeOptions options, TimeProvider time, params MountType[] engines)
    {
        var created = Sealed(store, null, options with { Version = Version }, time, engines);
        var made = (await created.node.InitializeAsync(1, 1, null, default)).Value;
        created.RootToken = made.RootToken;
        created.Shares = [.. made.Keys.Shares.Select(s => s.Span.ToArray())];
        await created.UnsealAsync();
        return created;
    }

    /// <summary>A second node on the store of <paramref name="first"/>, unsealed.</summary>
    public static Task<TestNode> JoinAsync(IStore store, TestNode first, params MountType[] engines) => JoinAsync(store, first, new NodeOptions(), engines);

    public static Task<TestNode> JoinAsync(IStore store, TestNode first, NodeOptions options, params MountType[] engines) =>
        JoinAsync(store, first, options, TimeProvider.System, engines);

    /// <summary>With a clock of the test's own.</summary>
    public static async Task<TestNode> JoinAsync(IStore store, TestNode first, NodeOptions options, TimeProvider time, params MountType[] engines)
    {
        var joined = Sealed(store, null, options, time, engines);
        joined.RootToken = first.RootToken;
        joined.Shares = first.Shares;
        await joined.UnsealAsync();
        return joined;
    }

    public static TestNode Sealed(IStore store, params MountType[] engines) => Sealed(store, null, new NodeOptions { Version = Version }, engines);

    /// <summary>With a seal and settings of the test's own, but the observer.</summary>
    public static TestNode Sealed(IStore store, IAutoSeal? seal, NodeOptions options, params MountType[] engines) =>
        Sealed(store, seal, options, TimeProvider.System, engines);

    public static TestNode Sealed(IStore store, IAutoSeal? seal, NodeOptions options, TimeProvider time, params MountType[] engines)
    {
        var recorder = new RecordingObserver();
        return new TestNode(new Node(store, engines, seal, options with { Observer = recorder }, time), recorder);
    }

    /// <summary>How many wait for changes of paths.</summary>
    public int Watchers => node.Changes.Watchers;

    public async Task UnsealAsync()
    {
        await node.StartAsync(default);
        using var share = new SecretBytes(Shares[0]);
        var status = await node.UnsealAsync(share, default);
        Assert.True(status.Succeeded && node.IsServing, status.Failure?.Message);
    }

    /// <summary>Waits until what it knows of the store is proven, by the clock of <see cref="NodeOptions.StoreClock"/>, which goes on meanwhile.</summary>
    public async Task BecomeFreshAsync(ManualClock clock)
    {
        while (!(await ReadAsync("sys/health")).Json().GetProperty("store_fresh").GetBoolean())
        {
            clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(1);
        }
    }

    public Task<Response> ReadAsync(string path, SecretText? token = null) => AskAsync(Operation.Read, path, "", token);

    public Task<Response> ListAsync(string path, SecretText? token = null) => AskAsync(Operation.List, path, "", token);

    public Task<Response> WriteAsync(string path, string body = "", SecretText? token = null, TimeSpan? wrap = null) =>
        AskAsync(Operation.Update, path, body, token, wrap);

    public Task<Response> DeleteAsync(string path, SecretText? token = null) => AskAsync(Operation.Delete, path, "", token);

    // The path may have a query. A busy machine may take longer to see an index than a server lets clients wait, so this waits first unless it shall not be patient.
    public async Task<Response> AskAsync(
        Operation operation, string path, string body, SecretText? token = null, TimeSpan? wrap = null, IPAddress? client = null, long? index = null,
        ClientCertificate? certificate = null, bool patient = true)
    {
        if (index is { } wanted && patient)
            Assert.True(await node.ReachedAsync(wanted, TimeSpan.FromMinutes(1), default), $"index {wanted} was not seen within a minute");
        return await node.Pipeline.HandleAsync(
            new Request
            {
                Id = Guid.NewGuid().ToString(),
                Path = path.Split('?')[0],
                Query = [.. path.Split('?').Skip(1).SelectMany(query => query.Split('&')).Select(pair => pair.Split('=')).Select(pair => KeyValuePair.Create(pair[0], pair[1]))],
                Operation = operation,
                Body = Encoding.UTF8.GetBytes(body),
                Token = token ?? RootToken,
                ClientAddress = client ?? IPAddress.Loopback,
                WrapTtl = wrap,
                RequiredIndex = index,
                ClientCertificate = certificate,
            },
            default);
    }

    public async ValueTask DisposeAsync() => await node.DisposeAsync();

    private sealed class RecordingObserver : INodeObserver
    {
        private readonly ConcurrentQueue<Exception> faults = new();
        private readonly ConcurrentQueue<string> problems = new();
        private readonly ConcurrentQueue<string> failedDuties = new();

        public IReadOnlyList<Exception> Faults => [.. faults];

        public IReadOnlyList<string> Problems => [.. problems];

        public IReadOnlyList<string> FailedDuties => [.. failedDuties];

        public void Fault(string requestId, Exception error) => faults.Enqueue(error);

        public void StoreUnavailable(string requestId, Exception error)
        {
            // Expected where a test cuts the store off.
        }

        public void StateChanged(string state)
        {
            // Not asked for by any test.
        }

        public void Problem(string problem) => problems.Enqueue(problem);

        public void DutyFailed(string duty, Exception error) => failedDuties.Enqueue(duty);
    }
}

/// <summary>Reads answers.</summary>
public static class Answers
{
    public static JsonElement Json(this Response response)
    {
        Assert.True(response.Failure is null, response.Failure?.Message);
        return JsonDocument.Parse(response.Data).RootElement;
    }

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;

    /// <summary>Asserts success and gives the response back.</summary>
    public static async Task<Response> Ok(this Task<Response> asked)
    {
        var response = await asked;
        Assert.True(response.Failure is null, response.Failure?.Message);
        return response;
    }

    /// <summary>Asserts a failure of a kind and gives it back.</summary>
    public static async Task<Failure> Fails(this Task<Response> asked, FailureKind kind)
    {
        var response = await asked;
        Assert.NotNull(response.Failure);
        Assert.Equal(kind, response.Failure.Kind);
        return response.Failure;
    }
}
