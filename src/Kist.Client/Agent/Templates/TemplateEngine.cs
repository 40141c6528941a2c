using Kist.Client.Agent.Secrets;

namespace Kist.Client.Agent.Templates;

/// <summary>What the templates of an agent share, and what goes on beside them: the watch, renewals of leases, and looks at files.</summary>
internal sealed class TemplateEngine
{
    private static readonly TimeSpan BeginPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly SecretWatch watch;
    private readonly Lock gate = new();
    private TaskCompletionSource recovered = New();
    private bool keepsLeases;

    /// <summary>An engine; nothing runs yet.</summary>
    /// <param name="options">What holds for all templates.</param>
    /// <param name="client">Speaks to the server.</param>
    /// <param name="token">The agent's token.</param>
    /// <param name="status">Is told how the parts are.</param>
    /// <param name="log">Is told what happens.</param>
    /// <param name="clock">The clock; what is due follows its timestamps, and not who sets it.</param>
    public TemplateEngine(TemplateOptionsConfig options, KistClient client, AgentToken token, AgentStatus status, AgentLog log, TimeProvider clock)
    {
        var time = new SteadyTime(clock);
        (Options, Token, Status, Log, Time) = (options, token, status, log, time);
        Requests = new AgentRequests(client, token);
        Cache = new SecretCache(Requests, options, time);
        watch = new SecretWatch(Cache, Requests, status, log, time) { Recovered = Recover };
    }

    /// <summary>What holds for all templates.</summary>
    public TemplateOptionsConfig Options { get; }

    /// <summary>The agent's token.</summary>
    public AgentToken Token { get; }

    /// <summary>Is told how the parts are.</summary>
    public AgentStatus Status { get; }

    /// <summary>Is told what happens.</summary>
    public AgentLog Log { get; }

    /// <summary>Measures pauses; whoever sets the clock does not move it.</summary>
    public TimeProvider Time { get; }

    /// <summary>Speaks to the server.</summary>
    public AgentRequests Requests { get; }

    /// <summary>What the templates depend on.</summary>
    public SecretCache Cache { get; }

    /// <summary>Completes when the server answers again: what failed is then tried at once.</summary>
    public Task Recovered
    {
        get
        {
            lock (gate)
                return recovered.Task;
        }
    }

    /// <summary>Makes things of templates, each in its own loop.</summary>
    /// <param name="works">What to make.</param>
    /// <param name="once">Returns when each has been made; the leases then stay, for whoever uses them.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="AgentException">One failed too often, and the configuration says that the agent ends then.</exception>
    public async Task RunAsync(IReadOnlyList<ITemplateWork> works, bool once, CancellationToken cancellation)
    {
        keepsLeases = once;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task[] beside = once
            ? [Cache.KeepAsync(over.Token)]
            : [Cache.KeepAsync(over.Token), Cache.WatchFilesAsync(over.Token), FollowTokenAsync(over.Token), watch.RunAsync(over.Token)];
        List<Task> loops = [];
        try
        {
            if (!once)
                await BeginAsync(beside, over.Token);
            loops.AddRange(works.Select(work => new TemplateLoop(work, this).RunAsync(once, over.Token)));
            while (!loops.TrueForAll(static loop => loop.IsCompletedSuccessfully))
                await await Task.WhenAny([.. loops.Where(static loop => !loop.IsCompletedSuccessfully), .. beside]);
        }
        finally
        {
            await over.CancelAsync();
            await Task.WhenAll([.. loops, .. beside]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Ends the leases that the templates got.</summary>
    public async Task EndAsync()
    {
        if (keepsLeases)
            return;
        if (await Cache.EndAsync(EndPatience) is > 0 and var left)
            Log(AgentLogLevel.Info, $"{left} leases were not ended one by one: they end with the agent's token, or by themselves");
    }

    // Changes are told from an index on. To know it before anything is read saves reading all twice.
    private async Task BeginAsync(Task[] beside, CancellationToken cancellation)
    {
        await Token.NextAsync(null, cancellation);
        await Waiting.ForEitherAsync(Task.WhenAny([watch.Begun, .. beside]), BeginPatience, Time, cancellation);
    }

    private async Task FollowTokenAsync(CancellationToken cancellation)
    {
        Crypto.SecretText? known = null;
        while (!cancellation.IsCancellationRequested)
        {
            known = await Token.NextAsync(known, cancellation);
            Cache.TakeToken(known);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    private void Recover()
    {
        TaskCompletionSource before;
        lock (gate)
            (before, recovered) = (recovered, New());
        before.SetResult();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
