using Kist.Core;
using Kist.Crypto;
using Kist.Kubernetes.AtRest.Bodies;

namespace Kist.Kubernetes.AtRest.Kms;

/// <summary>What a KMS v2 plugin unwrapped, made ready to encrypt and decrypt objects.</summary>
internal static class DataKeys
{
    /// <summary>Random bytes for a new data key or seed.</summary>
    public const int NewKeyBytes = 32;

    /// <summary>Checks the unwrapped bytes' length and copies them.</summary>
    public static (IBodyCipher? Cipher, Failure? Failure) From(DekSourceType source, SecretBytes unwrapped) => source switch
    {
        DekSourceType.Seed when unwrapped.Length < AesGcmSeed.MinSeedBytes => (null, AtRestFailures.SeedSize(unwrapped.Length)),
        DekSourceType.Seed => (new SeededGcmBody(new AesGcmSeed(unwrapped.Span)), null),
        _ when !AesGcmKey.IsKeySize(unwrapped.Length) => (null, AtRestFailures.KeySize(unwrapped.Length)),
        _ => (new CountedGcmBody(new AesGcmKey(unwrapped.Span)), null),
    };
}
