namespace Kist.Kubernetes.Encryption;

/// <summary>Judges a configuration: first as the API server (1.36) does, then as somebody would who has to keep the cluster safe.</summary>
public static class ConfigurationLint
{
    /// <summary>All findings, errors first, then in the order of the file. Nothing that is in the text makes it throw.</summary>
    public static LintReport Check(string text, LintFacts facts)
    {
        var (configuration, decoding) = ConfigurationFile.Decode(text);
        var findings = decoding.ToList();
        if (configuration is not null)
        {
            var subject = new LintSubject(configuration, facts);
            findings.AddRange(LintRules.All.SelectMany(rule => rule.Check(subject)));
        }
        // What is not about the text stands last among its level.
        var ordered = findings
            .OrderByDescending(f => f.Level)
            .ThenBy(f => f.Position?.Line ?? int.MaxValue)
            .ThenBy(f => f.Position?.Column ?? int.MaxValue);
        return new LintReport([.. ordered]);
    }
}

/// <summary>What a rule looks at.</summary>
internal sealed record LintSubject(EncryptionConfiguration Configuration, LintFacts Facts)
{
    private readonly Coverage coverage = new(Configuration);

    /// <summary>Every provider with its entry.</summary>
    public IEnumerable<(ResourceRule Rule, ProviderConfiguration Provider)> Providers =>
        Configuration.Rules.SelectMany(rule => rule.Providers.Select(provider => (rule, provider)));

    /// <summary>Every KMS provider.</summary>
    public IEnumerable<KmsConfiguration> Kms => Providers.Select(p => p.Provider.Kms).OfType<KmsConfiguration>();

    /// <summary>The entries that write some of the resources that they name.</summary>
    public IReadOnlyList<Writer> Writers => coverage.Writers;

    /// <summary>The provider that writes Secrets; null when no entry covers them.</summary>
    public ProviderConfiguration? SecretsProvider { get; } =
        Configuration.ProvidersFor(GroupResource.Parse("secrets")) is [var first, ..] ? first : null;

    /// <summary>Whether any of a resource's providers, of whichever entry, is of the kind that is asked for.</summary>
    public bool AnyProvider(GroupResource name, ProviderTrait trait) => coverage.Any(name, trait);
}

/// <summary>One rule. It reports all that breaks it.</summary>
internal interface ILintRule
{
    IEnumerable<Finding> Check(LintSubject subject);
}
