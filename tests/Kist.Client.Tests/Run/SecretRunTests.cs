using System.Text;
using System.Text.Json;
using Kist.Client.Run;
using Kist.Client.Run.Child;
using Kist.Client.Run.Manifest;
using Kist.Client.Run.Watching;
using Kist.Client.Settings;
using Kist.Client.Tests.Fakes;
using Kist.Crypto;
using Kist.Wire.Hcl;

namespace Kist.Client.Tests.Run;

/// <summary>What happens beside a running program: a real one, with changes and values of the test's making.</summary>
public sealed class SecretRunTests : IDisposable
{
    private const int UserSignal = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();
    private readonly FakeServer server = new();
    private readonly KistClient client;
    private readonly LeaseKeeper leases;
    private readonly ScriptedSource source = new();
    private readonly ScriptedWatch watch = new();
    private readonly List<string> told = [];

    public SecretRunTests()
    {
        client = new KistClient(new ClientSettings { Retry = new RetryPolicy { MaxRetries = 0 } }, TimeProvider.System, server);
        leases = new LeaseKeeper(() => client, TimeProvider.System);
    }

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Watch_that_fails_unforeseen_is_told_and_tried_again_beside_the_program()
    {
        watch.Next(_ => throw new JsonException("holds a value")).Next(_ => Task.FromResult("a/path"));
        Assert.Equal(7, (await RunAsync()).ExitCode);
        Assert.Contains("looking for changes failed and is tried again from time to time: JsonException", told);
        Assert.Contains("a/path changed: sending SIGUSR1", told);
    }

    [Fact]
    public async Task Preparing_that_fails_unforeseen_leaves_the_program_what_it_has()
    {
        watch.Next(_ => Task.FromResult("a/path")).Next(_ => Task.FromResult("a/path"));
        source.Next(_ => Task.CompletedTask).Next(_ => throw new JsonException("holds a value")).Next(_ => throw new SettingException("no token"));
        watch.Next(_ => Task.FromResult("a/path"));
        Assert.Equal(7, (await RunAsync()).ExitCode);
        Assert.Equal(
            [
                "a/path changed, but the program keeps what it has: JsonException", "a/path changed, but the program keeps what it has: no token",
                "a/path changed: sending SIGUSR1",
            ],
            told);
    }

    [Fact]
    public async Task End_of_a_lease_is_tried_again_until_there_is_a_new_secret()
    {
        leases.Add("db/creds/app/1", TimeSpan.FromMilliseconds(1), isRenewable: false);
        source.Next(_ => Task.CompletedTask).Next(_ => throw RunException.Secret("the server is away"));
        Assert.Equal(7, (await RunAsync()).ExitCode);
        Assert.Equal(
            [
                "a lease that cannot be renewed changed, but the program keeps what it has: the server is away",
                "a lease that cannot be renewed changed: sending SIGUSR1",
            ],
            told.Take(2));
    }

    [Fact]
    public async Task Hung_source_does_not_outlive_the_program()
    {
        watch.Next(_ => Task.FromResult("a/path"));
        source.Next(_ => Task.CompletedTask).Next(async stop =>
        {
            await File.WriteAllTextAsync(folder.At("asked"), "", default);
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
        });
        Assert.Equal(3, (await RunAsync($"until [ -e {folder.At("asked")} ]; do sleep 0.01; done; exit 3")).ExitCode);
        Assert.Empty(told);
    }

    // A second watcher would take notices that the first one is to have.
    [Fact]
    public async Task Nobody_watches_while_a_change_is_acted_on()
    {
        leases.Add("db/creds/app/1", TimeSpan.FromMilliseconds(1), isRenewable: false);
        var watching = new List<int>();
        source.Next(_ => Task.CompletedTask).Next(_ =>
        {
            watching.Add(watch.Running);
            throw RunException.Secret("the server is away");
        }).Next(_ =>
        {
            watching.Add(watch.Running);
            return Task.CompletedTask;
        });
        Assert.Equal(7, (await RunAsync()).ExitCode);
        Assert.Equal([0, 0], watching);
    }

    private async Task<ChildEnd> RunAsync(string? script = null)
    {
        var ready = folder.At("ready");
        script ??= $"trap 'exit 7' USR1; : > {ready}; while :; do sleep 0.01; done";
        // A signal before its trap is set would end the program.
        watch.Begin = source.Begin = () => script.Contains(ready, StringComparison.Ordinal) ? UntilAsync(ready) : Task.CompletedTask;
        var spec = new SecretSpec("X", "id", SecretTag.Literal with { IsVariable = true }, HclPosition.Start);
        var plan = new RunPlan(["sh", "-c", script])
        {
            Variables = [new PlannedSecret(spec, source)],
            Watch = new WatchAction(Restarts: false, UserSignal),
            SearchPath = "/usr/bin:/bin",
        };
        return await new SecretRun(plan, leases, new ReadVersions(), watch, told.Add).RunAsync(() => { }, default).WaitAsync(Patience);
    }

    private static async Task UntilAsync(string path)
    {
        while (!File.Exists(path))
            await Task.Delay(5);
    }

    private sealed class ScriptedWatch : IChangeWatch
    {
        private readonly Queue<Func<CancellationToken, Task<string>>> steps = [];
        private int running;

        public Func<Task> Begin { get; set; } = () => Task.CompletedTask;

        public int Running => Volatile.Read(ref running);

        public ScriptedWatch Next(Func<CancellationToken, Task<string>> step)
        {
            steps.Enqueue(step);
            return this;
        }

        public async Task<string> WaitAsync(IReadOnlyList<ReadVersion> read, CancellationToken cancellation)
        {
            Interlocked.Increment(ref running);
            try
            {
                await Begin();
                if (steps.TryDequeue(out var step))
                    return await step(cancellation);
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
                return "";
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }
    }

    private sealed class ScriptedSource : ISecretSource
    {
        private readonly Queue<Func<CancellationToken, Task>> steps = [];
        private bool isFirst = true;

        public Func<Task> Begin { get; set; } = () => Task.CompletedTask;

        public ScriptedSource Next(Func<CancellationToken, Task> step)
        {
            steps.Enqueue(step);
            return this;
        }

        public async Task<IReadOnlyList<SecretAnswer>> FetchAsync(IReadOnlyList<string> ids, CancellationToken cancellation)
        {
            if (!isFirst)
                await Begin();
            isFirst = false;
            if (steps.TryDequeue(out var step))
                await step(cancellation);
            return [.. ids.Select(id => SecretAnswer.Of(new SecretBytes(Encoding.UTF8.GetBytes(id))))];
        }
    }
}
