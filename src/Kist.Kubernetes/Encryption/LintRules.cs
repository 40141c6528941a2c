using Kist.Kubernetes.Encryption.Rules;

namespace Kist.Kubernetes.Encryption;

/// <summary>All rules.</summary>
internal static class LintRules
{
    /// <summary>What the API server (1.36) checks.</summary>
    public static IReadOnlyList<ILintRule> Server { get; } =
    [
        new RequiredListRule(),
        new ResourceNameRule(),
        new ResourceOverlapRule(),
        new MaskedRule(),
        new ProviderCountRule(),
        new KeyRule(),
        new KmsNameRule(),
        new KmsEndpointRule(),
        new KmsTimeoutRule(),
        new KmsCacheSizeRule(),
        new KmsVersionRule(),
        new KmsV1GateRule(),
    ];

    /// <summary>What it takes and should not be left so.</summary>
    public static IReadOnlyList<ILintRule> Judgement { get; } =
    [
        new IdentityFirstRule(),
        new IdentityMissingRule(),
        new SecretsUncoveredRule(),
        new UnknownResourceRule(),
        new JoinedResourceRule(),
        new WildcardRule(),
        new ReleaseRule(),
        new AesCbcRule(),
        new AesGcmRule(),
        new ShortKeyRule(),
        new TextKeyRule(),
        new RepeatedKeyRule(),
        new RepeatedKeyNameRule(),
        new KmsEndpointHostRule(),
        new FileModeRule(),
        new BackupRule(),
        new KeyBesideEtcdRule(),
    ];

    /// <summary>Both.</summary>
    public static IReadOnlyList<ILintRule> All { get; } = [.. Server, .. Judgement];
}
