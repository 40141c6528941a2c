namespace Kist.Client.Agent.Secrets;

/// <summary>Something that a template asks for cannot be had. The message names it and says why; it holds no value.</summary>
public sealed class SecretException(string message) : Exception(message)
{
    /// <summary>The path that notices name when it comes to be there, or null.</summary>
    public string? WatchPath { get; init; }
}
