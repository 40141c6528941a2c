using Kist.Core;
using Kist.Wire.Yaml;

namespace Kist.Kubernetes.Encryption;

/// <summary>Reads EncryptionConfigurations, in YAML or JSON.</summary>
public static class ConfigurationFile
{
    /// <summary>Reads a configuration that the API server accepts.</summary>
    /// <param name="text">The file's text.</param>
    /// <param name="facts">How the API server is set up, for the rules that depend on it.</param>
    /// <returns>The configuration, or the first error with the number of further ones.</returns>
    public static Outcome<EncryptionConfiguration> Load(string text, LintFacts facts)
    {
        var (configuration, findings) = Decode(text);
        if (configuration is not null)
        {
            var subject = new LintSubject(configuration, facts);
            findings = [.. findings, .. LintRules.Server.SelectMany(rule => rule.Check(subject))];
        }
        List<Finding> errors = [.. findings.Where(f => f.Level == FindingLevel.Error)];
        return errors.Count == 0 && configuration is not null ? configuration : Refused(errors);
    }

    /// <summary>Reads what can be read, and what the decoder has to say.</summary>
    internal static (EncryptionConfiguration? Configuration, IReadOnlyList<Finding> Findings) Decode(string text)
    {
        if (text.Length == 0)
            return (null, [Finding.Error("empty", Place.File, "encryption provider configuration file is empty", "write one or restore it")]);
        var reading = YamlReader.Read(text);
        if (reading.Fault is { } fault)
        {
            var place = Place.File with { Position = fault.Position };
            return (null, [Finding.Error("syntax", place, fault.Reason, "correct the text at this position")]);
        }
        var reader = new ConfigurationReader();
        var configuration = reader.Read(reading.Root);
        var findings = reader.Findings.ToList();
        if (reading.SecondDocument is { } second)
        {
            findings.Add(Finding.Warning(
                "second-document",
                Place.File with { Position = second },
                "the API server reads the first document and ignores this one",
                "keep one document in the file"));
        }
        return (configuration, findings);
    }

    private static Failure Refused(List<Finding> errors)
    {
        var first = errors[0];
        var path = first.Path.Length > 0 ? $"{first.Path}: " : "";
        var more = errors.Count > 1 ? $" (and {errors.Count - 1} more)" : "";
        return Failure.Invalid("encryption.invalid_configuration", $"{path}{first.Text}{more}");
    }
}
