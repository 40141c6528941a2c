namespace Kist.Client.Agent;

/// <summary>How much a message of the agent matters.</summary>
public enum AgentLogLevel
{
    /// <summary>For whoever looks for a fault.</summary>
    Debug,

    /// <summary>What was done.</summary>
    Info,

    /// <summary>What failed and is tried again.</summary>
    Warn,

    /// <summary>What somebody must see to.</summary>
    Error,
}

/// <summary>Takes a message of the agent. It never holds a secret.</summary>
public delegate void AgentLog(AgentLogLevel level, string message);
