using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.AtRest;

/// <summary>A configuration with its keys, ready to read and write: a chain for each resource. Wipes the keys on disposal.</summary>
public sealed class ProviderChains : IDisposable
{
    private readonly EncryptionConfiguration configuration;
    private readonly Dictionary<ResourceRule, IReadOnlyList<PrefixedTransformer>> providers;

    private ProviderChains(EncryptionConfiguration configuration, Dictionary<ResourceRule, IReadOnlyList<PrefixedTransformer>> providers)
    {
        this.configuration = configuration;
        this.providers = providers;
    }

    /// <summary>How everything is stored that no entry covers, and everything when there is no configuration: in plaintext.</summary>
    public static ProviderChain Plaintext { get; } = Chain([PrefixedTransformer.ForIdentity()], AtRestFailures.IsEncrypted);

    /// <summary>Takes the keys out of a sound configuration.</summary>
    /// <param name="configuration">From <see cref="ConfigurationFile.Load"/>.</param>
    /// <param name="findPlugin">The plugin of a KMS provider; null when there is none, and then what it encrypted cannot be read.</param>
    /// <param name="options">What differs between releases of the API server.</param>
    public static Outcome<ProviderChains> Create(
        EncryptionConfiguration configuration, Func<KmsConfiguration, IKmsDecrypter?> findPlugin, AtRestOptions options)
    {
        var needsSodium = configuration.Rules.SelectMany(r => r.Providers).Any(p => p.Kind == ProviderKind.Secretbox);
        if (needsSodium && SodiumSecretboxKey.Fault is { } fault)
            return Failure.Unavailable("secretbox.no_library", fault);
        var builder = new TransformerBuilder(findPlugin, options);
        // By reference: two entries may look the same, and each has its own state.
        var built = new Dictionary<ResourceRule, IReadOnlyList<PrefixedTransformer>>(ReferenceEqualityComparer.Instance);
        foreach (var rule in configuration.Rules)
            built.Add(rule, [.. rule.Providers.Select(builder.Build).OfType<PrefixedTransformer>()]);
        return new ProviderChains(configuration, built);
    }

    /// <summary>The resource's chain.</summary>
    public ProviderChain For(GroupResource resource)
    {
        List<PrefixedTransformer> chain = [.. configuration.RulesFor(resource).SelectMany(rule => providers[rule])];
        return chain.Count > 0 ? Chain(chain, AtRestFailures.NoProvider) : Plaintext;
    }

    /// <summary>The groups, other than core, of which entries name a resource of this name, or everything.</summary>
    public IEnumerable<string> GroupsOf(string resource) => configuration.Rules
        .SelectMany(rule => rule.Resources)
        .Select(r => r.Parsed)
        .Where(r => r.Group.Length > 0 && r != GroupResource.Everything && (r.IsWildcard || r.Resource == resource))
        .Select(r => r.Group)
        .Distinct(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var provider in providers.Values.SelectMany(p => p))
            provider.Inner.Dispose();
    }

    private static ProviderChain Chain(IReadOnlyList<PrefixedTransformer> parts, Failure noMatch) =>
        new(new PrefixChain(parts, StaleReasons.LaterProvider, noMatch));
}
