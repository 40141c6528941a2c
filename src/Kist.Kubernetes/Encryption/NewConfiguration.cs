using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption;

/// <summary>What a first configuration shall do.</summary>
/// <param name="Kind">The provider that writes; <see cref="ProviderKind.KmsV1"/> is never right for a new file.</param>
/// <param name="Resources">What is encrypted, as the file names it.</param>
/// <param name="Name">The key's name, for a KMS the provider's. Stored with each value, and never to be given again.</param>
public sealed record NewConfiguration(ProviderKind Kind, IReadOnlyList<string> Resources, string Name)
{
    /// <summary>The plugin's socket, with a KMS: <c>unix:///path</c>.</summary>
    public string Endpoint { get; init; } = "";

    /// <summary>
    /// The configuration, with a new key of the system's generator. identity stands last, so that what is in plaintext now stays readable until it is
    /// rewritten.
    /// </summary>
    public EncryptionConfiguration Build() => new([new ResourceRule(
        [.. Resources.Select(name => new ResourceName(name, Place.File))],
        [Writer(), new ProviderConfiguration(Place.File) { Identity = true }],
        Place.File)], Place.File);

    /// <summary>Why one would choose this provider, and what it leaves open.</summary>
    public static string Reason(ProviderKind kind) => kind switch
    {
        ProviderKind.Secretbox =>
            "secretbox authenticates what it encrypts, and its nonces are long enough for any number of writes under one key. The key stands in this "
            + "file: whoever has the control-plane node's disk has it. With a KMS plugin (-kms-endpoint) the key stays elsewhere.",
        ProviderKind.KmsV2 =>
            "with a KMS plugin of the second version the key stays outside the cluster, can be rotated there without a change of this file, and "
                + "can be taken away. The API server needs the plugin to start: keep its socket's directory mounted.",
        ProviderKind.AesGcm =>
            "aesgcm draws random nonces of 96 bits: replace the key before 200,000 writes (kist encryption rotate). secretbox has no such limit.",
        ProviderKind.AesCbc =>
            "aescbc has no integrity: whoever can write to etcd changes values unnoticed. Choose it only where rules demand AES and forbid GCM with "
            + "random nonces; else take secretbox.",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private ProviderConfiguration Writer() => Kind switch
    {
        ProviderKind.KmsV2 => new ProviderConfiguration(Place.File)
        {
            Kms = new KmsConfiguration(KmsConfiguration.V2, Name, Endpoint, KmsTimeout.Default, null, Place.File),
        },
        ProviderKind.Secretbox or ProviderKind.AesGcm or ProviderKind.AesCbc =>
            ProviderConfiguration.OfKeys(Kind, [NewKeys.Make(Name)]),
        _ => throw new InvalidOperationException($"{Kind.Name()} is nothing to begin with"),
    };
}
