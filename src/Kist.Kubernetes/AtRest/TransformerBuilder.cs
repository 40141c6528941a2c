using Kist.Crypto;
using Kist.Kubernetes.AtRest.Bodies;
using Kist.Kubernetes.AtRest.Kms;
using Kist.Kubernetes.Encryption;

namespace Kist.Kubernetes.AtRest;

/// <summary>Makes transformers of configured providers.</summary>
internal sealed class TransformerBuilder(Func<KmsConfiguration, IKmsDecrypter?> findPlugin, AtRestOptions options)
{
    /// <summary>Null for a provider that is none, which no sound configuration has.</summary>
    public PrefixedTransformer? Build(ProviderConfiguration provider) => provider.Kind switch
    {
        ProviderKind.Identity => PrefixedTransformer.ForIdentity(),
        ProviderKind.KmsV1 => Kms(ProviderKind.KmsV1, provider.Kms!),
        ProviderKind.KmsV2 => Kms(ProviderKind.KmsV2, provider.Kms!),
        { } kind when provider.Keyed is { } keyed => Keyed(kind, keyed),
        _ => null,
    };

    private static PrefixedTransformer Keyed(ProviderKind kind, KeyedProvider provider)
    {
        var noMatch = kind == ProviderKind.Secretbox ? AtRestFailures.NoSecretboxKey : AtRestFailures.NoAesKey;
        List<PrefixedTransformer> keys =
            [.. provider.Keys.Select(key => PrefixedTransformer.ForKey(key.Name, new LocalTransformer(Cipher(kind, key))))];
        return PrefixedTransformer.ForKeys(kind, new PrefixChain(keys, StaleReasons.LaterKey, noMatch));
    }

    private static IBodyCipher Cipher(ProviderKind kind, ConfiguredKey key)
    {
        using var secret = key.Decode() ?? throw new ArgumentException($"{key.Place.Path}: the key is not base64", nameof(key));
        return kind switch
        {
            ProviderKind.AesCbc => new AesCbcBody(new AesCbcKey(secret.Span)),
            ProviderKind.AesGcm => new AesGcmBody(new AesGcmKey(secret.Span)),
            _ => new SecretboxBody(new SodiumSecretboxKey(secret.Span)),
        };
    }

    private PrefixedTransformer Kms(ProviderKind kind, KmsConfiguration kms)
    {
        var plugin = findPlugin(kms);
        ITransformer transformer = kind == ProviderKind.KmsV2
            ? new KmsV2Transformer(kms.Name, plugin, options.DekSource)
            : new KmsV1Transformer(kms.Name, plugin, options.KmsV1Body);
        return PrefixedTransformer.ForKms(kind, kms.Name, transformer);
    }
}
