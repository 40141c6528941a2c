namespace Kist.Client.Templates;

/// <summary>What a template finds on the machine.</summary>
/// <param name="Variables">Environment variables.</param>
/// <param name="Time">For <c>timestamp</c>.</param>
public sealed record TemplateEnvironment(IReadOnlyDictionary<string, string> Variables, TimeProvider Time)
{
    /// <summary>How many variables, not what they are.</summary>
    public override string ToString() => $"{Variables.Count} variables";
}
