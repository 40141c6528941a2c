namespace Kist.Kubernetes.Encryption;

/// <summary>What a provider may be.</summary>
internal enum ProviderTrait
{
    /// <summary>It reads plaintext.</summary>
    Identity,

    /// <summary>It encrypts.</summary>
    Encrypting,
}

/// <summary>An entry and those of its names whose objects its first provider writes.</summary>
/// <param name="Rule">The entry; it has providers.</param>
/// <param name="Names">At least one.</param>
internal sealed record Writer(ResourceRule Rule, IReadOnlyList<GroupResource> Names)
{
    /// <summary>The one that writes.</summary>
    public ProviderConfiguration Provider => Rule.Providers[0];
}

/// <summary>
/// Which entries decide about the names in the file. When several have a name, their providers are joined and the first one's first provider writes:
/// the others read only. Looked up once, so that a file of many entries takes no longer than it is long.
/// </summary>
internal sealed class Coverage
{
    private readonly ILookup<GroupResource, ResourceRule> rules;
    private readonly Dictionary<ProviderTrait, HashSet<ResourceRule>> having;

    public Coverage(EncryptionConfiguration configuration)
    {
        rules = configuration.Rules
            .SelectMany(rule => rule.Resources.Select(r => r.Parsed).Distinct().Select(name => (name, rule)))
            .ToLookup(use => use.name, use => use.rule);
        having = new()
        {
            [ProviderTrait.Identity] = Having(configuration, p => p.Identity),
            [ProviderTrait.Encrypting] = Having(configuration, p => p.Kind is not (null or AtRest.ProviderKind.Identity)),
        };
        Writers = [.. configuration.Rules.Where(rule => rule.Providers.Count > 0).Select(WriterOf).Where(writer => writer.Names.Count > 0)];
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Writer> Writers { get; }

    /// <summary>Whether any provider of any entry with this name has the trait.</summary>
    public bool Any(GroupResource name, ProviderTrait trait) => rules[name].Any(having[trait].Contains);

    // By reference: two entries may look the same.
    private static HashSet<ResourceRule> Having(EncryptionConfiguration configuration, Func<ProviderConfiguration, bool> trait) =>
        new(configuration.Rules.Where(rule => rule.Providers.Any(trait)), ReferenceEqualityComparer.Instance);

    private Writer WriterOf(ResourceRule rule) =>
        new(rule, [.. rule.Resources.Select(r => r.Parsed).Distinct().Where(name => ReferenceEquals(rules[name].First(), rule))]);
}
