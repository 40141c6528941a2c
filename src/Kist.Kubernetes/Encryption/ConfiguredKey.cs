using Kist.Crypto;

namespace Kist.Kubernetes.Encryption;

/// <summary>
/// A key in the file. Accepted risk: it lives as long as the configuration, which is not disposed, for the text that it was read from is an ordinary
/// string and could not be wiped either. Whoever may read this process's memory may read the file. The keys that <see cref="AtRest.ProviderChains"/>
/// takes out of it are its own, and wiped.
/// </summary>
/// <param name="Name">Stored with each value that it encrypts.</param>
/// <param name="Secret">Base64, as written.</param>
/// <param name="Place">Where it stands.</param>
public sealed record ConfiguredKey(string Name, SecretText Secret, Place Place)
{
    /// <summary>The key itself, in memory of its own; null when the text is not base64.</summary>
    public SecretBytes? Decode() => GoBase64.DecodeSecret(Secret.Utf8);

    /// <summary>How many bytes the key has; null when the text is not base64.</summary>
    public int? Length => GoBase64.TryMeasure(Secret.Utf8, out var length) ? length : null;
}
