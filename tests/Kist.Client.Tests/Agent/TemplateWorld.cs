using System.Collections.Concurrent;
using Kist.Client.Agent;
using Kist.Client.Agent.Templates;
using Kist.Client.Settings;
using Kist.Client.Templates;
using Kist.Client.Tests.Fakes;
using Kist.Core.Tests;
using Kist.Crypto;

namespace Kist.Client.Tests.Agent;

/// <summary>What an agent's templates need, around a fake server and a clock that goes when told to.</summary>
internal sealed class TemplateWorld : IDisposable
{
    public TemplateWorld()
    {
        Status = new AgentStatus(Clock);
        var settings = new ClientSettings
        {
            Address = ServerAddress.Parse("http://127.0.0.1:8200"),
            Retry = new RetryPolicy { MaxRetries = 0 },
            Timeout = TimeSpan.FromDays(1),
        };
        Client = new KistClient(settings, Clock, Server);
        Token.Set(new SecretText("first"));
    }

    public FakeVault Server { get; } = new();

    public ManualClock Clock { get; } = new();

    public TemporaryFolder Folder { get; } = new();

    public AgentToken Token { get; } = new();

    public AgentStatus Status { get; }

    public KistClient Client { get; }

    public ConcurrentQueue<string> Log { get; } = [];

    public TemplateOptionsConfig Options { get; set; } = new();

    public TemplateEnvironment Environment => new(new Dictionary<string, string>(), Clock);

    public void Note(AgentLogLevel level, string message) => Log.Enqueue($"{level}: {message}");

    public AgentTemplates Templates(params TemplateConfig[] configs) => new(configs, Options, Client, Token, Status, Note, Environment);

    /// <summary>A template of a file in the folder.</summary>
    public TemplateConfig To(string name, string contents) => new() { Contents = contents, Destination = Folder.At(name) };

    /// <summary>What a file in the folder holds; empty when it is not there.</summary>
    public string Read(string name) => File.Exists(Folder.At(name)) ? File.ReadAllText(Folder.At(name)) : "";

    /// <summary>Lets the clock go until something is so.</summary>
    public async Task UntilAsync(Func<bool> isSo, TimeSpan? step = null)
    {
        for (var i = 0; i < 3000 && !isSo(); i++)
        {
            await Task.Delay(5);
            if (!isSo())
                Clock.Advance(step ?? TimeSpan.FromMilliseconds(100));
        }
        Assert.True(isSo(), string.Join('\n', [.. Log, .. Server.Requests.Select(r => r.Line)]));
    }

    /// <summary>Lets some time go in which nothing is to happen.</summary>
    public async Task PassAsync(TimeSpan time, int steps = 20)
    {
        for (var i = 0; i < steps; i++)
        {
            await Task.Delay(5);
            Clock.Advance(time / steps);
        }
        await Task.Delay(20);
    }

    public void Dispose()
    {
        Client.Dispose();
        Folder.Dispose();
    }
}

/// <summary>Something of the agent that runs while a test looks at it.</summary>
internal sealed class Running(Func<CancellationToken, Task> run) : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private Task? task;

    public static Running Begin(Func<CancellationToken, Task> run)
    {
        var running = new Running(run);
        running.task = Task.Run(() => run(running.stop.Token));
        return running;
    }

    public Task Task => task!;

    public Task StopAsync() => stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await task!.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        _ = run;
    }
}
