using System.Text;

namespace Kist.Kubernetes.AtRest;

/// <summary>What a stored value says of itself, read without any key or configuration.</summary>
/// <param name="Kind">The provider's kind; null when the value is encrypted by one that is unknown.</param>
/// <param name="Provider">The kind's name, or for an unknown one what the value says.</param>
/// <param name="KeyName">
/// The key's name, for a KMS the provider's; null in plaintext. Names of keys may contain a colon, and only a configuration tells where they end:
/// this is the part before the first one.
/// </param>
public sealed record StoredLabel(ProviderKind? Kind, string Provider, string? KeyName)
{
    // Names longer than this are cut; the rest of an unknown value is binary.
    private const int LongestName = 256;

    private static readonly StoredLabel Plaintext = new(ProviderKind.Identity, ProviderKind.Identity.Name(), null);

    /// <summary>Reads the start of a value.</summary>
    public static StoredLabel Of(ReadOnlySpan<byte> value)
    {
        if (!value.StartsWith(ProviderKinds.EncryptedPrefixBytes))
            return Plaintext;
        foreach (var (kind, prefix) in ProviderKinds.Prefixes)
        {
            if (value.StartsWith(prefix))
                return new StoredLabel(kind, kind.Name(), Word(value[prefix.Length..]));
        }
        return new StoredLabel(null, Word(value[ProviderKinds.EncryptedPrefix.Length..]), null);
    }

    private static string Word(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, LongestName)];
        var end = text.IndexOf((byte)':');
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }
}
