using Kist.Client.Run;
using Kist.Client.Run.Watching;
using Kist.Client.Settings;
using Kist.Client.Tests.Agent;
using Kist.Client.Watching;

namespace Kist.Client.Tests.Watching;

/// <summary>How a running program's secrets are watched.</summary>
public sealed class ServerChangeWatchTests : IDisposable
{
    private readonly FakeVault server = new();
    private readonly KistClient client;
    private readonly ReadVersions versions = new();
    private readonly Polling polling = new();

    public ServerChangeWatchTests()
    {
        client = new KistClient(new ClientSettings { Retry = new RetryPolicy { MaxRetries = 0 } }, TimeProvider.System, server);
        server.Write("app", "a", "1");
        versions.Note(SecretId.Parse("secret/data/app#a"), 1, "{}"u8.ToArray(), isLeased: false);
    }

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task Server_tells_of_a_change()
    {
        var waiting = Watch().WaitAsync(versions.All, default);
        while (!server.Requests.Any(static r => r.Line.Contains("index=", StringComparison.Ordinal)))
            await Task.Delay(5);
        server.Write("app", "a", "2");
        Assert.Equal("secret/data/app", await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(polling.WasEnded);
    }

    [Fact]
    public async Task Where_the_server_tells_nothing_looking_goes_on()
    {
        server.Watches = false;
        var waiting = Watch().WaitAsync(versions.All, default);
        polling.Found.SetResult("found");
        Assert.Equal("found", await waiting.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Who_gives_up_is_not_kept_waiting()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Watch().WaitAsync(versions.All, stop.Token));
    }

    private ServerChangeWatch Watch() => new(() => client, polling, TimeProvider.System);

    private sealed class Polling : IChangeWatch
    {
        public TaskCompletionSource<string> Found { get; } = new();

        public bool WasEnded { get; private set; }

        public async Task<string> WaitAsync(IReadOnlyList<ReadVersion> read, CancellationToken cancellation)
        {
            try
            {
                return await Found.Task.WaitAsync(cancellation);
            }
            finally
            {
                WasEnded = cancellation.IsCancellationRequested;
            }
        }
    }
}
