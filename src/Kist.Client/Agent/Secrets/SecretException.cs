namespace Kist.Client.Agent.Secrets;

/// <summary>Something that a template asks for cannot be had. The message names it and says why; it holds no value.</summary>
public sealed class SecretException(string message) : Exception(message);
