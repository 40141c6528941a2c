using Kist.Wire.Hcl;

namespace Kist.Kubernetes.Encryption;

/// <summary>How grave a finding is.</summary>
public enum FindingLevel
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>The API server takes the file, and it is unsafe or not what was meant.</summary>
    Warning,

    /// <summary>The API server (1.36) refuses the file.</summary>
    Error,
}

/// <summary>Something to say about a configuration. Never holds a key.</summary>
/// <param name="Level">How grave.</param>
/// <param name="Rule">The rule's permanent name.</param>
/// <param name="Path">The field, as the API server names it; empty for the whole file.</param>
/// <param name="Position">Where it stands; null when it is not about the text.</param>
/// <param name="Message">What is wrong: for an error, the API server's words without its path.</param>
/// <param name="Fix">What to do.</param>
public sealed record Finding(FindingLevel Level, string Rule, string Path, HclPosition? Position, string Message, string Fix)
{
    /// <summary>The message with its position: <c>line 7, column 9: …</c>.</summary>
    public string Text => Position is { } position ? $"{position}: {Message}" : Message;

    internal static Finding Error(string rule, Place place, string message, string fix) =>
        new(FindingLevel.Error, rule, place.Path, place.Position, message, fix);

    internal static Finding Warning(string rule, Place place, string message, string fix) =>
        new(FindingLevel.Warning, rule, place.Path, place.Position, message, fix);

    internal static Finding Info(string rule, Place place, string message, string fix) =>
        new(FindingLevel.Info, rule, place.Path, place.Position, message, fix);

    /// <summary>About the host rather than the text.</summary>
    internal static Finding OfHost(FindingLevel level, string rule, string path, string message, string fix) =>
        new(level, rule, path, null, message, fix);
}
