using System.Text.Json;

namespace Kist.Kubernetes.Encryption;

/// <summary>What a check found.</summary>
/// <param name="Findings">Errors first.</param>
public sealed record LintReport(IReadOnlyList<Finding> Findings)
{
    /// <summary>True when the API server refuses the file.</summary>
    public bool IsRefused => Findings.Any(f => f.Level == FindingLevel.Error);

    /// <summary>
    /// Writes <c>{"findings":[{"level","rule","path","message","fix"}]}</c>; a message starts with its position in the text.
    /// </summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("findings");
        foreach (var finding in Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("level", finding.Level.Name());
            writer.WriteString("rule", finding.Rule);
            writer.WriteString("path", finding.Path);
            writer.WriteString("message", finding.Text);
            writer.WriteString("fix", finding.Fix);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

/// <summary>Names of the levels.</summary>
public static class FindingLevels
{
    /// <summary><c>error</c>, <c>warning</c> or <c>info</c>.</summary>
    public static string Name(this FindingLevel level) => level switch
    {
        FindingLevel.Error => "error",
        FindingLevel.Warning => "warning",
        _ => "info",
    };
}
