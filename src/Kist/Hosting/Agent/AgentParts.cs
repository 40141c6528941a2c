using Kist.Client.Agent;
using Kist.Hosting.Agent.Local;

namespace Kist.Hosting.Agent;

/// <summary>The parts that a configuration asks for, beside login and sinks. A new part is one line.</summary>
internal static class AgentParts
{
    /// <summary>Makes them; nothing runs yet.</summary>
    /// <exception cref="ConfigException">A template or a setting is faulty.</exception>
    public static IReadOnlyList<IAgentPart> Create(AgentServices services)
    {
        var parts = new List<IAgentPart>();
        try
        {
            if (services.Config.Templates.Count > 0)
                parts.Add(new TemplatesPart(services));
            if (services.Config.Exec is { } exec)
                parts.Add(new ExecPart(services, exec));
            if (services.Config.Listeners.Count > 0)
                parts.Add(new LocalApiPart(services));
            return parts;
        }
        catch (AgentException e)
        {
            // What a part does not take before anything runs is the configuration's fault.
            throw new ConfigException(e.Message);
        }
    }
}
