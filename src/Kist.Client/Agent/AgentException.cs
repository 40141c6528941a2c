namespace Kist.Client.Agent;

/// <summary>The agent cannot go on. The message says why and holds no secret.</summary>
public sealed class AgentException(string message) : Exception(message);
