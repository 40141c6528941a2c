using Kist.Client.Templates;

namespace Kist.Client.Agent.Templates;

/// <summary>The agent's part that renders files, and again when what they depend on changes.</summary>
public sealed class AgentTemplates : IAsyncDisposable
{
    private readonly TemplateEngine engine;
    private readonly List<FileTemplate> works;

    /// <summary>Reads and parses the templates; nothing is rendered yet.</summary>
    /// <param name="configs">The templates.</param>
    /// <param name="options">What holds for all of them.</param>
    /// <param name="client">Speaks to the server; it has no token of its own.</param>
    /// <param name="token">The agent's token.</param>
    /// <param name="status">Is told how each template is.</param>
    /// <param name="log">Is told what happens.</param>
    /// <param name="environment">The clock, and the variables that templates find.</param>
    /// <exception cref="AgentException">Templates are faulty; all faults are told, each with its place.</exception>
    public AgentTemplates(
        IReadOnlyList<TemplateConfig> configs,
        TemplateOptionsConfig options,
        KistClient client,
        AgentToken token,
        AgentStatus status,
        AgentLog log,
        TemplateEnvironment environment)
    {
        engine = new TemplateEngine(options, client, token, status, log, environment.Time);
        works = [.. LoadedTemplate.LoadAll(configs.Select(static c => (c, c.Destination))).Select(t => new FileTemplate(t, environment, engine))];
        foreach (var work in works)
            status.Expect(work.Part);
    }

    /// <summary>Renders the templates.</summary>
    /// <param name="once">Returns when each has been rendered once; leases stay then, for whoever uses the files.</param>
    /// <param name="cancellation">Ends it; what it holds at the server is given back by the disposal.</param>
    /// <exception cref="AgentException">A template failed too often, and the configuration says that the agent ends then.</exception>
    public Task RunAsync(bool once, CancellationToken cancellation) => engine.RunAsync(works, once, cancellation);

    /// <summary>Ends the leases that the templates got; takes at most five seconds.</summary>
    public async ValueTask DisposeAsync() => await engine.EndAsync();
}
