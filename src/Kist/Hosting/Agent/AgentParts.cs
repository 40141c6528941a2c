namespace Kist.Hosting.Agent;

/// <summary>The parts that a configuration asks for, beside login and sinks. A new part is one line.</summary>
internal static class AgentParts
{
    /// <summary>Makes them; nothing runs yet.</summary>
    /// <exception cref="ConfigException">A template or a setting is faulty.</exception>
    public static IReadOnlyList<IAgentPart> Create(AgentServices services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return [];
    }
}
