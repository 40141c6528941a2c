using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>Each element of <c>providers</c> is exactly one provider. The API server prints the element with its keys here; this does not.</summary>
internal sealed class ProviderCountRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        foreach (var (_, provider) in subject.Providers)
        {
            // A misspelled one is reported as an unknown field.
            if (provider is { Count: 0, HasUnknownFields: false })
            {
                yield return Finding.Error(
                    "provider-none",
                    provider.Place,
                    "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity",
                    "name one; the one without settings is written identity: {}");
            }
            if (provider.Count > 1)
            {
                yield return Finding.Error(
                    "provider-several",
                    provider.Place,
                    "more than one provider specified in a single element, should split into different list elements",
                    "give each provider a \"- \" of its own");
            }
        }
    }
}

/// <summary>Names and secrets of keys.</summary>
internal sealed class KeyRule : ILintRule
{
    private const string NewKey = "head -c 32 /dev/urandom | base64";

    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Providers
            .Where(p => p.Provider.Kms is null)
            .SelectMany(p => (p.Provider.Keyed?.Keys ?? []).SelectMany(key => Check(key, p.Provider.Kind == ProviderKind.Secretbox)));

    private static IEnumerable<Finding> Check(ConfiguredKey key, bool isSecretbox)
    {
        if (key.Name.Length == 0)
        {
            yield return Finding.Error(
                "key-name",
                key.Place.Field("name"),
                "Required value: name is a mandatory field for a key",
                "give it a name that no other key had or has");
        }
        if (CheckSecret(key, key.Place.Field("secret"), isSecretbox) is { } finding)
            yield return finding;
    }

    private static Finding? CheckSecret(ConfiguredKey key, Place place, bool isSecretbox)
    {
        if (key.Secret.Utf8.IsEmpty)
            return Finding.Error("key-secret", place, "Required value: secret is a mandatory field for a key", $"make one: {NewKey}");
        if (key.Length is not { } length)
        {
            return Finding.Error(
                "key-base64",
                place,
                "secrets must be base64 encoded",
                "use the standard alphabet (+ and /) with padding (=); make a new one: " + NewKey);
        }
        if (length == 32 || (!isSecretbox && length is 16 or 24))
            return null;
        var sizes = isSecretbox ? "[32]" : "[16 24 32]";
        return Finding.Error(
            "key-length",
            place,
            $"secret is not of the expected length, got {length}, expected one of {sizes}",
            $"make one of 32 bytes: {NewKey}");
    }
}
