using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption;

/// <summary>
/// The file that tells API servers how to store objects. It mirrors the file, sound or not: <see cref="ConfigurationLint"/> says what the API server
/// refuses, and <see cref="ConfigurationFile.Load"/> gives only what it accepts.
/// </summary>
/// <param name="Rules">The entries of <c>resources</c>, in order.</param>
/// <param name="Place">Where <c>resources</c> stands.</param>
public sealed record EncryptionConfiguration(IReadOnlyList<ResourceRule> Rules, Place Place)
{
    /// <summary>
    /// Which entries decide about a resource, as the API server looks them up: those that name it, else those with its group's wildcard, else those
    /// with <c>*.*</c>. When several name it, their providers are joined in the order of the file. Empty: it is stored in plaintext.
    /// </summary>
    public IReadOnlyList<ResourceRule> RulesFor(GroupResource resource)
    {
        foreach (var name in (GroupResource[])[resource, resource.WholeGroup, GroupResource.Everything])
        {
            var rules = Rules.Where(rule => rule.Resources.Any(r => r.Parsed == name)).ToList();
            if (rules.Count > 0)
                return rules;
        }
        return [];
    }

    /// <summary>The resource's providers in the order in which the API server tries them; the first one writes. Empty: plaintext.</summary>
    public IReadOnlyList<ProviderConfiguration> ProvidersFor(GroupResource resource) => [.. RulesFor(resource).SelectMany(rule => rule.Providers)];
}

/// <summary>An entry: resources and how they are stored.</summary>
/// <param name="Resources">Names and wildcards.</param>
/// <param name="Providers">In the order of the file.</param>
/// <param name="Place">Where the entry stands.</param>
public sealed record ResourceRule(IReadOnlyList<ResourceName> Resources, IReadOnlyList<ProviderConfiguration> Providers, Place Place);

/// <summary>A resource as an entry names it.</summary>
/// <param name="Text">As written.</param>
/// <param name="Place">Where it stands.</param>
public sealed record ResourceName(string Text, Place Place)
{
    /// <summary>Name and group.</summary>
    public GroupResource Parsed { get; } = GroupResource.Parse(Text);
}

/// <summary>An element of <c>providers</c>. Exactly one of the five is there in a sound file.</summary>
/// <param name="Place">Where it stands.</param>
public sealed record ProviderConfiguration(Place Place)
{
    /// <summary><c>aesgcm</c>.</summary>
    public KeyedProvider? AesGcm { get; init; }

    /// <summary><c>aescbc</c>.</summary>
    public KeyedProvider? AesCbc { get; init; }

    /// <summary><c>secretbox</c>.</summary>
    public KeyedProvider? Secretbox { get; init; }

    /// <summary><c>identity</c>.</summary>
    public bool Identity { get; init; }

    /// <summary><c>kms</c>.</summary>
    public KmsConfiguration? Kms { get; init; }

    /// <summary>True when it holds fields that no API server knows: a misspelled provider.</summary>
    public bool HasUnknownFields { get; init; }

    /// <summary>How many of the five are there.</summary>
    public int Count => ((object?[])[AesGcm, AesCbc, Secretbox, Kms]).Count(provider => provider is not null) + (Identity ? 1 : 0);

    /// <summary>Which one it is, in the API server's order; null when it is none.</summary>
    public ProviderKind? Kind => this switch
    {
        { AesGcm: not null } => ProviderKind.AesGcm,
        { AesCbc: not null } => ProviderKind.AesCbc,
        { Secretbox: not null } => ProviderKind.Secretbox,
        { Kms.IsV2: true } => ProviderKind.KmsV2,
        { Kms: not null } => ProviderKind.KmsV1,
        { Identity: true } => ProviderKind.Identity,
        _ => null,
    };

    /// <summary>The keys in the file; null for identity and KMS.</summary>
    public KeyedProvider? Keyed => AesGcm ?? AesCbc ?? Secretbox;

    /// <summary>A provider with these keys, the first of which writes.</summary>
    internal static ProviderConfiguration OfKeys(ProviderKind kind, IReadOnlyList<ConfiguredKey> keys)
    {
        var keyed = new KeyedProvider(keys, Place.File);
        return new ProviderConfiguration(Place.File)
        {
            AesGcm = kind == ProviderKind.AesGcm ? keyed : null,
            AesCbc = kind == ProviderKind.AesCbc ? keyed : null,
            Secretbox = kind == ProviderKind.Secretbox ? keyed : null,
        };
    }
}

/// <summary>A provider whose keys stand in the file.</summary>
/// <param name="Keys">The first one writes.</param>
/// <param name="Place">Where it stands.</param>
public sealed record KeyedProvider(IReadOnlyList<ConfiguredKey> Keys, Place Place);
