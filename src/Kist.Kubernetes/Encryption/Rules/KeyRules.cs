using System.Security.Cryptography;
using Kist.Kubernetes.AtRest;

namespace Kist.Kubernetes.Encryption.Rules;

/// <summary>AES-CBC that writes.</summary>
internal sealed class AesCbcRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Writers.Where(w => w.Provider.Kind == ProviderKind.AesCbc).Select(w => Finding.Warning(
            "aescbc-unauthenticated",
            w.Provider.Place,
            "aescbc has no integrity: whoever can write to etcd changes values unnoticed, or copies one to another key",
            "put secretbox or a KMS of the second version first, keep this one below it for reading, and rewrite all objects"));
}

/// <summary>AES-GCM that writes with random nonces under one key.</summary>
internal sealed class AesGcmRule : ILintRule
{
    private const string Message =
        "aesgcm draws random nonces: its key must be replaced before 200,000 writes, and the API server neither counts nor replaces";

    public IEnumerable<Finding> Check(LintSubject subject) =>
        subject.Writers.Where(w => w.Provider.Kind == ProviderKind.AesGcm).Select(w => w.Provider.AesGcm!.Keys.Count > 1
            ? Finding.Info(
                "aesgcm-rotation",
                w.Provider.Place,
                Message,
                "go on replacing it in time, or move to secretbox or a KMS of the second version")
            : Finding.Warning(
                "aesgcm-rotation",
                w.Provider.Place,
                $"{Message}; there is one key, so nothing shows that it was ever replaced",
                "replace it regularly, or move to secretbox or a KMS of the second version"));
}

/// <summary>AES keys under 256 bits.</summary>
internal sealed class ShortKeyRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        KeyRules.SoundKeys(subject).Where(k => k.Key.Length < 32).Select(k => Finding.Warning(
            "key-short",
            k.Key.Place.Field("secret"),
            $"the key has {k.Key.Length} bytes",
            "rotate to one of 32: head -c 32 /dev/urandom | base64"));
}

/// <summary>Keys that no random generator made.</summary>
internal sealed class TextKeyRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        KeyRules.SoundKeys(subject).Where(k => IsText(k.Key)).Select(k => Finding.Warning(
            "key-text",
            k.Key.Place.Field("secret"),
            "the key is readable text or one repeated byte, not random: a password, an example, or base64 or hexadecimal encoded twice",
            "rotate to a random one: head -c 32 /dev/urandom | base64"));

    // That 16 random bytes are all printable happens once in ten million keys.
    private static bool IsText(ConfiguredKey key)
    {
        using var secret = key.Decode();
        if (secret is null)
            return false;
        var isPrintable = !secret.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~');
        return isPrintable || !secret.Span.ContainsAnyExcept(secret.Span[0]);
    }
}

/// <summary>Two keys with one secret.</summary>
internal sealed class RepeatedKeyRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject)
    {
        foreach (var same in KeyRules.SoundKeys(subject).GroupBy(k => Fingerprint(k.Key), StringComparer.Ordinal).Select(group => group.ToList()))
        {
            for (var i = 1; i < same.Count; i++)
            {
                // The same key again in another entry is how one key serves two entries.
                if (same.Take(i).FirstOrDefault(k => !IsSameUse(k, same[i])) is not { Key: { } first })
                    continue;
                yield return Finding.Warning(
                    "key-repeated",
                    same[i].Key.Place.Field("secret"),
                    $"the secret is that of the key \"{first.Name}\" at {first.Place.Path}, too: to rotate from one to the other changes nothing",
                    "give each key, and each provider, a secret of its own");
            }
        }
    }

    private static string Fingerprint(ConfiguredKey key)
    {
        using var secret = key.Decode();
        return Convert.ToHexString(SHA256.HashData(secret is null ? default : secret.Span));
    }

    private static bool IsSameUse(KeyUse a, KeyUse b) => a.Kind == b.Kind && a.Key.Name == b.Key.Name && !ReferenceEquals(a.Rule, b.Rule);
}

/// <summary>Two keys with one name under one kind of provider.</summary>
internal sealed class RepeatedKeyNameRule : ILintRule
{
    public IEnumerable<Finding> Check(LintSubject subject) =>
        KeyRules.SoundKeys(subject)
            .GroupBy(k => (k.Rule, k.Kind, k.Key.Name))
            .SelectMany(group => group.Skip(1))
            .Select(k => Finding.Warning(
                "key-name-repeated",
                k.Key.Place.Field("name"),
                $"another {k.Kind.Name()} key of this entry is named \"{k.Key.Name}\", too: nothing tells which of them encrypted a value",
                "never give a name twice; add the next key under a new one"));
}

/// <summary>A key and where it is used.</summary>
internal sealed record KeyUse(ResourceRule Rule, ProviderKind Kind, ConfiguredKey Key);

/// <summary>What the rules about keys share.</summary>
internal static class KeyRules
{
    /// <summary>The keys that the API server takes.</summary>
    public static IEnumerable<KeyUse> SoundKeys(LintSubject subject) =>
        from p in subject.Providers
        let kind = p.Provider.Kind
        where kind is not null
        from key in p.Provider.Keyed?.Keys ?? []
        where key.Length is 16 or 24 or 32
        select new KeyUse(p.Rule, kind.Value, key);
}
