using Kist.Client.Agent;
using Kist.Client.Agent.Templates;

namespace Kist.Hosting.Agent;

/// <summary>Renders files.</summary>
internal sealed class TemplatesPart : IAgentPart
{
    private readonly AgentTemplates templates;

    /// <exception cref="AgentException">A template is faulty.</exception>
    public TemplatesPart(AgentServices services)
    {
        var config = services.Config;
        templates = new AgentTemplates(
            config.Templates,
            config.TemplateOptions ?? new(),
            services.Client,
            services.Token,
            services.Status,
            services.Log,
            TemplateVariables.Read(services.Time));
    }

    public async Task<int?> RunAsync(bool once, CancellationToken stop)
    {
        await templates.RunAsync(once, stop);
        return null;
    }

    public ValueTask DisposeAsync() => templates.DisposeAsync();
}
